"""Which governments touch the boundary between the United States and Mexico.

Touching is a fact of law and survey that no coordinate shows, so it is stated here, code and name, and the name is compared with the input.
Checked by computing: a municipio's outline shares part of the outline of the northern states (INEGI); a city's limits (Census TIGER places
2019) come within 50 m of the municipios' outlines. Limits that stop just short (Donna 106 m, Peñitas 183 m, Los Indios 276 m) are not claimed.
San Elizario, Texas, touches too, but became a city in 2013, after the register that the input was made from.
"""

COUNTIES = {
    "06025": "Imperial", "06073": "San Diego",
    "04003": "Cochise", "04019": "Pima", "04023": "Santa Cruz", "04027": "Yuma",
    "35013": "Doña Ana", "35023": "Hidalgo", "35029": "Luna",
    "48043": "Brewster", "48061": "Cameron", "48141": "El Paso", "48215": "Hidalgo", "48229": "Hudspeth", "48243": "Jeff Davis",
    "48271": "Kinney", "48323": "Maverick", "48377": "Presidio", "48427": "Starr", "48443": "Terrell", "48465": "Val Verde",
    "48479": "Webb", "48505": "Zapata",
}  # fmt: skip

PLACES = {
    "0609710": "Calexico", "0636294": "Imperial Beach", "0666000": "San Diego",
    "0420050": "Douglas", "0449640": "Nogales", "0463470": "San Luis",
    "3517050": "Columbus", "3575640": "Sunland Park",
    "4810768": "Brownsville", "4819792": "Del Rio", "4821892": "Eagle Pass", "4822905": "El Cenizo", "4824000": "El Paso",
    "4824552": "Escobares", "4833560": "Hidalgo", "4840288": "La Grulla", "4841464": "Laredo", "4845384": "McAllen", "4848768": "Mission",
    "4857200": "Pharr", "4859396": "Presidio", "4859642": "Progreso Lakes", "4862138": "Rio Bravo", "4862168": "Rio Grande City",
    "4863020": "Roma", "4868636": "Socorro",
}  # fmt: skip

MUNICIPIOS = {
    "02002": "Mexicali", "02003": "Tecate", "02004": "Tijuana",
    "26002": "Agua Prieta", "26004": "Altar", "26017": "Caborca", "26039": "Naco", "26043": "Nogales", "26048": "Puerto Peñasco",
    "26055": "San Luis Río Colorado", "26059": "Santa Cruz", "26060": "Sáric", "26070": "General Plutarco Elías Calles",
    "08005": "Ascensión", "08028": "Guadalupe", "08035": "Janos", "08037": "Juárez", "08042": "Manuel Benavides", "08052": "Ojinaga",
    "08053": "Praxedis G. Guerrero",
    "05002": "Acuña", "05012": "Guerrero", "05013": "Hidalgo", "05014": "Jiménez", "05022": "Nava", "05023": "Ocampo",
    "05025": "Piedras Negras",
    "19005": "Anáhuac",
    "28007": "Camargo", "28014": "Guerrero", "28015": "Gustavo Díaz Ordaz", "28022": "Matamoros", "28024": "Mier",
    "28025": "Miguel Alemán", "28027": "Nuevo Laredo", "28032": "Reynosa", "28033": "Río Bravo", "28040": "Valle Hermoso",
}  # fmt: skip
