"""Makes the services from the settings: the one place that knows how they hang together."""

from __future__ import annotations

from dataclasses import dataclass

from models.credential_store import CredentialStore
from models.database import Database
from models.encrypted import Keyring
from models.failure_budget import FailureBudget
from models.flow_store import FlowStore
from models.member_store import MemberStore
from nextcloud.client import NextcloudClient
from services.avatars import Avatars
from services.card import Card
from services.clock import Clock, system_clock
from services.connecting import Connecting
from services.conversations import Conversations
from services.ending import Ending
from services.housekeeping import Housekeeping
from services.keys import Keys
from services.lockout import Lockout
from services.members import Members
from services.passwords import Passwords
from services.revoking import Revoking
from services.rooms import Rooms
from services.roster import Roster
from services.settling import Settling
from services.sign_ins import SignIns
from settings import Settings, parse_jwk_set
from web.context import Services
from web.tokens import Tokens, keys_from_secret


@dataclass(frozen=True)
class Wired:
    """Everything that was made: what pages call, what the commands call, and what must be closed."""

    services: Services
    roster: Roster
    keys: Keys
    lockout: Lockout
    housekeeping: Housekeeping
    database: Database
    client: NextcloudClient

    def close(self) -> None:
        """Ends the background work, then the connections."""
        self.housekeeping.stop()
        self.services.connecting.close()
        self.client.close()
        self.database.close()


def wire(settings: Settings, clock: Clock = system_clock) -> Wired:
    """The services for `settings`. The schema of the database is brought up to date first."""
    database = Database(settings.database_url)
    database.migrate()
    keyring = Keyring(settings.credential_keys)
    client = NextcloudClient(settings.nextcloud_client_name, settings.nextcloud_concurrency, settings.nextcloud_ca_file)
    credentials, flows = CredentialStore(database, keyring), FlowStore(database)
    members = Members(MemberStore(database), clock)
    passwords = Passwords(members.store)
    sign_ins = SignIns(members, passwords, settings.session_days, clock)
    lockout = Lockout(FailureBudget(database), clock)
    conversations = Conversations(client, credentials, members, lockout, settings.default_locale, clock)
    rooms = Rooms(conversations.fetch, settings.refresh_seconds, clock)
    avatars = Avatars(
        client,
        credentials,
        lockout,
        rooms,
        max(1, settings.nextcloud_concurrency // 4),  # the lists come first
        settings.nextcloud_url,
        clock,
    )
    revoking = Revoking(credentials, members, client, lockout, clock)
    ending = Ending(credentials, members, rooms, avatars, revoking, clock)
    settling = Settling(flows, credentials, members, ending, lockout, client, clock)
    connecting = Connecting(flows, settling, members, client, settings.nextcloud_url, clock)
    tokens = Tokens(
        parse_jwk_set(settings.jwt_keys) if settings.jwt_keys else keys_from_secret(settings.secret_key),
        settings.jwt_seconds,
        settings.address,
        clock,
    )
    return Wired(
        services=Services(
            members=members,
            passwords=passwords,
            sign_ins=sign_ins,
            tokens=tokens,
            connecting=connecting,
            ending=ending,
            avatars=avatars,
            card=Card(connecting, rooms, settings.nextcloud_url, clock),
        ),
        roster=Roster(members, passwords, clock),
        keys=Keys(database, keyring),
        lockout=lockout,
        housekeeping=Housekeeping(connecting, ending, sign_ins, members, flows, clock),
        database=database,
        client=client,
    )
