"""How the sources' own words become the registry's kinds and titles. The source's word always stays beside the kind."""

# ISO 3166-2 types that say plainly that the subdivision is a city or a municipality.
CITY_TYPES = frozenset({
    "autonomous city", "autonomous city in north africa", "autonomous municipality", "borough", "capital city", "city", "city corporation",
    "city municipality", "city with county rights", "commune", "district municipality", "london borough", "metropolitan district",
    "municipality", "rural municipality", "special administrative city", "special city", "special municipality",
    "special self-governing city", "state city", "town", "town council", "urban community", "urban municipality",
})  # fmt: skip
# A city on the first level (Republic of Korea), a province by another name below it (Italy).
FIRST_LEVEL_CITY_TYPES = frozenset({"metropolitan city"})

COUNTY_WORDS = (
    "City and Borough", "Census Area", "Municipality", "Municipio", "Borough", "County", "District", "Island", "Parish", "city", "City",
)  # fmt: skip
COUNTY_WORDS_OF_CITIES = frozenset({"City and Borough", "Municipality", "Municipio", "city", "City"})

COUNTY_CHIEFS = {
    "US-AZ": "Chair of the Board of Supervisors",
    "US-CA": "Chair of the Board of Supervisors",
    "US-NM": "Chair of the Board of County Commissioners",
    "US-TX": "County Judge",
}
# A city and county under one mayor; a county with a council.
COUNTY_CHIEFS_BY_CODE = {"06075": "Mayor", "35028": "Chair of the County Council"}
SUBDIVISION_CHIEFS = {"MX-CMX": "Jefa o Jefe de Gobierno", "US-DC": "Mayor", "US-UM": "Chief executive"}
STATE_CHIEFS = {("MX", "state"): "Gobernadora o Gobernador", ("US", "state"): "Governor", ("US", "outlying area"): "Governor"}
CANADIAN_PREMIER = "Premier"
CHIEF_EXECUTIVE = "Chief executive"
MAYOR = "Mayor"
MUNICIPAL_PRESIDENT = "Presidenta o Presidente Municipal"
HEAD_OF_GOVERNMENT = "Head of government"


def subdivision_kind(source_type: str, *, nested: bool) -> str:
    """A city is a municipality; any other first-level subdivision counts as a state, and one inside another as a county."""
    word = source_type.lower()
    if word in CITY_TYPES or (word in FIRST_LEVEL_CITY_TYPES and not nested):
        return "municipality"
    return "county" if nested else "state"


def subdivision_chief(code: str, source_type: str) -> str:
    """The chief executive's title where it is certain, a neutral one elsewhere."""
    country, word = code[:2], source_type.lower()
    if country == "CA":
        return CANADIAN_PREMIER
    return SUBDIVISION_CHIEFS.get(code) or STATE_CHIEFS.get((country, word), CHIEF_EXECUTIVE)


def county_word(name: str) -> str:
    """The type word that a county or county equivalent of the United States carries in its name, "county equivalent" if none."""
    return next((word for word in COUNTY_WORDS if name.endswith(f" {word}")), "county equivalent")


def county_kind(word: str) -> str:
    """Independent cities, consolidated governments and municipios have county codes, but they are municipalities."""
    return "municipality" if word in COUNTY_WORDS_OF_CITIES else "county"


def county_chief(code: str, subdivision: str, word: str) -> str:
    """Boards and their chairs differ from state to state: only the four border states' own title is stated."""
    if county_kind(word) == "municipality":
        return MAYOR
    return COUNTY_CHIEFS_BY_CODE.get(code) or COUNTY_CHIEFS.get(subdivision, CHIEF_EXECUTIVE)


def local_chief(scheme: str, subdivision: str) -> str:
    """The title of the chief executive of a government of the border zone."""
    if scheme == "fips":
        return COUNTY_CHIEFS[subdivision]
    return MUNICIPAL_PRESIDENT if scheme == "inegi" else MAYOR
