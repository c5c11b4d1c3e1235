"""The people and machines of the demonstration: who they are, whom they act for, what they may do.

The accounts are invented and their addresses reserved (RFC 2606); the governments are real.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Player:
    """An account, or with `machine` a client. `acts_for` is `scheme:value` of an identifier in the registry."""

    name: str
    says: str
    roles: tuple[str, ...]
    acts_for: str | None = None
    holds_seat: bool = False
    clearance: str = "amber"
    machine: bool = field(default=False)

    @property
    def email(self) -> str:
        return f"{self.name}@comity.example"


SAN_DIEGO = "fips:06073"
SAN_DIEGO_CITY = "geoid-place:0666000"
TIJUANA = "inegi:02004"
BAJA_CALIFORNIA = "iso3166-2:MX-BCN"
LOS_ANGELES = "fips:06037"
FOREIGN_MINISTRY = "comity-sample:sre"
STATE_DEPARTMENT = "comity-sample:us-department-of-state"

CAST = (
    Player("operator", "Operator of this installation", ("operator",)),
    Player("san-diego", "International affairs, San Diego County", ("manager", "signatory"), SAN_DIEGO, holds_seat=True),
    Player("tijuana", "Presidencia Municipal de Tijuana", ("manager", "signatory"), TIJUANA, holds_seat=True),
    Player("baja-california", "Coordinación estatal, Baja California", ("state_coordinator",), BAJA_CALIFORNIA, holds_seat=True),
    Player("sre", "Secretaría de Relaciones Exteriores, dictamen", ("decision_maker", "national_coordinator"), FOREIGN_MINISTRY),
    Player("coordinator", "Coordination with states and cities, Department of State", ("national_coordinator",), STATE_DEPARTMENT),
    Player("author", "Briefing author, Department of State", ("briefing_author", "briefing_releaser"), STATE_DEPARTMENT),
    Player("releaser", "Briefing releaser, Department of State", ("briefing_releaser",), STATE_DEPARTMENT),
    Player("los-angeles", "International affairs, Los Angeles County", ("manager",), LOS_ANGELES, holds_seat=True),
    Player("auditor", "Auditor", ("auditor",)),
    Player("integrator", "Integrating system", ("integrator",), machine=True),
)
