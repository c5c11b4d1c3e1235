"""What `comity import` says by itself, beside what the platform answers, and the language in which a shell wants it."""

from collections.abc import Mapping

from shared.languages import Language, languages, spoken

SETTINGS = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which POSIX asks them
WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "importing": "Importing {name}",
        "uploading": "{title}: uploading",
        "validating": "{title}: validating",
        "applying": "{title}: applying",
        "line": "line {line}",
        "cell": "line {line}, {column}",
        "told": "{where}: {what}. {remedy}",
        "more": "Further problems: {more}, at /v1/imports/{id}/problems.",
        "failed": "Failed: {why}",
        "cancelled": "Cancelled: {why}",
        "nothing": "nothing was applied.",
        "done": "Done: {counts}.",
        "dry": "A dry run, nothing was applied. It would be: {counts}.",
        "created": "{count} created",
        "changed": "{count} changed",
        "unchanged": "{count} unchanged",
        "gone": "No longer listed: {orphans}, retired: {retired}; at /v1/imports/{id}/orphans.",
        "left": "Left to people: {left}, at /v1/imports/{id}/suggestions.",
        "asked": "To be left to people: {left}, at /v1/imports/{id}/questions.",
        "refused": "The import was refused: {why}",
        "no_workbook": "--sheet names a sheet of a workbook (XLSX), and {name} is none. Leave the option out, or name the workbook.",
        "thousands": ",",
    },
    "es": {
        "importing": "Importando {name}",
        "uploading": "{title}: se envía",
        "validating": "{title}: se valida",
        "applying": "{title}: se aplica",
        "line": "línea {line}",
        "cell": "línea {line}, {column}",
        "told": "{where}: {what}. {remedy}",
        "more": "Otros problemas: {more}, en /v1/imports/{id}/problems.",
        "failed": "Falló: {why}",
        "cancelled": "Cancelada: {why}",
        "nothing": "no se aplicó nada.",
        "done": "Listo: {counts}.",
        "dry": "Simulación: no se aplicó nada. Si se aplicara: {counts}.",
        "created": "nuevos {count}",
        "changed": "modificados {count}",
        "unchanged": "sin cambios {count}",
        "gone": "Ya no figuran: {orphans}, dados de baja: {retired}; en /v1/imports/{id}/orphans.",
        "left": "Pendientes de decisión: {left}, en /v1/imports/{id}/suggestions.",
        "asked": "Quedarían pendientes de decisión: {left}, en /v1/imports/{id}/questions.",
        "refused": "La importación fue rechazada: {why}",
        "no_workbook": "--sheet indica una hoja de un libro de Excel (XLSX), y {name} no lo es. Omita la opción o indique el libro.",
        "thousands": "\u202f",
    },
    "fr": {
        "importing": "Importation de {name}",
        "uploading": "{title} : envoi",
        "validating": "{title} : validation",
        "applying": "{title} : application",
        "line": "ligne {line}",
        "cell": "ligne {line}, {column}",
        "told": "{where} : {what}. {remedy}",
        "more": "Autres problèmes : {more}, sous /v1/imports/{id}/problems.",
        "failed": "Échec : {why}",
        "cancelled": "Annulée : {why}",
        "nothing": "rien n'a été appliqué.",
        "done": "Terminé : {counts}.",
        "dry": "Simulation : rien n'a été appliqué. Une fois appliqué : {counts}.",
        "created": "nouveaux {count}",
        "changed": "modifiés {count}",
        "unchanged": "inchangés {count}",
        "gone": "Ne figurent plus : {orphans}, radiés : {retired} ; sous /v1/imports/{id}/orphans.",
        "left": "En attente d'une décision : {left}, sous /v1/imports/{id}/suggestions.",
        "asked": "Resteraient en attente d'une décision : {left}, sous /v1/imports/{id}/questions.",
        "refused": "L'importation a été refusée : {why}",
        "no_workbook": "--sheet désigne une feuille d'un classeur Excel (XLSX), et {name} n'en est pas un. Omettez l'option, ou indiquez le classeur.",
        "thousands": "\u202f",
    },
}


def of_shell(environment: Mapping[str, str]) -> Language:
    """The language of the first setting that is not empty, such as es_MX.UTF-8; English for C, and for one that is not spoken here."""
    chosen = next((environment[name] for name in SETTINGS if environment.get(name)), "")
    tag = chosen.partition(".")[0].partition("@")[0].replace("_", "-")
    return spoken(languages(tag))


def say(language: Language, key: str, **values: object) -> str:
    """The sentence in this language; whole numbers with the language's sign between thousands."""
    words = WORDS[language]
    told = {name: f"{value:,}".replace(",", words["thousands"]) if isinstance(value, int) else value for name, value in values.items()}
    return words[key].format_map(told)
