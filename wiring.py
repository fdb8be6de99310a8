"""Makes the services from the settings: the one place that knows how they hang together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.credential_store import CredentialStore
from models.database import Database, DatabaseAwayError
from models.embed_store import EmbedStore
from models.encrypted import Keyring
from models.failure_budget import FailureBudget
from models.flow_store import FlowStore
from models.invitation_store import InvitationStore
from models.member_store import MemberStore
from models.observation_store import ObservationStore
from models.oidc_store import OidcStore
from models.overview import OverviewStore
from models.own_data import OwnData
from nextcloud.client import NextcloudClient
from nextcloud.errors import Unreachable
from services.avatars import Avatars
from services.card import Card
from services.clock import Clock, system_clock
from services.connecting import Connecting
from services.conversations import Conversations
from services.doctor import Doctor
from services.embedding import Embedding
from services.ending import Ending
from services.host_keys import FETCH_SECONDS, MAX_BYTES, FetchedKeys, GivenKeys, HostKeys, keys_in
from services.housekeeping import Housekeeping
from services.importing import Importing
from services.installation_examined import Installation
from services.invitations import Invitations
from services.keys import Keys
from services.lockout import Lockout
from services.members import Members
from services.my_data import MyData
from services.observations import Observations
from services.oidc import Oidc, Rules
from services.oidc_provider import ASK_SECONDS, Provider
from services.oidc_provider import MAX_BYTES as PROVIDER_BYTES
from services.operations import Operations
from services.passwords import Passwords
from services.readiness import Readiness
from services.revoking import Revoking
from services.rooms import Rooms
from services.roster import Roster
from services.settling import Settling
from services.sign_ins import SignIns
from settings import Settings, is_loopback, parse_jwk_set
from web.context import Services
from web.host_tokens import HostTokens
from web.tokens import Tokens, keys_from_secret

CONTAINER = Path("/.dockerenv")
"""Where it is, its published ports say who reaches us, and not HOST."""
PROVIDER_USER_AGENT, PROVIDER_CONNECTIONS = "Talkboard", 4


@dataclass(frozen=True)
class Wired:
    """Everything that was made: what pages call, what the commands call, and what must be closed."""

    services: Services
    settings: Settings
    roster: Roster
    importing: Importing
    keys: Keys
    lockout: Lockout
    housekeeping: Housekeeping
    database: Database
    client: NextcloudClient
    provider_client: NextcloudClient

    def close(self) -> None:
        """Ends the background work, then the connections."""
        self.housekeeping.stop()
        self.services.connecting.close()
        self.client.close()
        self.provider_client.close()
        with contextlib.suppress(DatabaseAwayError):
            self.services.operations.close()
        self.database.close()


def wire(settings: Settings, clock: Clock = system_clock) -> Wired:
    """The services for `settings`. The schema of the database is brought up to date first."""
    database, keyring = _database(settings), Keyring(settings.credential_keys)
    observations = Observations(ObservationStore(database), clock)
    client = _client(settings, observations)
    provider_client = _provider_client(settings)
    credentials, flows, budget = CredentialStore(database, keyring), FlowStore(database), FailureBudget(database)
    members = Members(MemberStore(database), clock)
    passwords = Passwords(members.store)
    invitations = Invitations(members, passwords, InvitationStore(database), clock)
    sign_ins = SignIns(members, passwords, settings.session_days, clock)
    lockout = Lockout(budget, clock)
    conversations = Conversations(client, credentials, members, lockout, settings.default_locale, clock)
    rooms = Rooms(conversations.fetch, settings.refresh_seconds, clock)
    operations = Operations(OverviewStore(database), budget, rooms, observations, settings.nextcloud_url, clock)
    avatars = Avatars(client, credentials, lockout, rooms, _pictures_at_once(settings), settings.nextcloud_url, clock)
    revoking = Revoking(credentials, members, client, lockout, clock)
    ending = Ending(credentials, members, rooms, avatars, revoking, clock)
    settling = Settling(flows, credentials, members, ending, lockout, client, clock, settings.nextcloud_same_user)
    connecting = Connecting(flows, settling, members, client, settings.nextcloud_url, clock)
    keys, embedding = Keys(database, keyring), _embedding(settings, EmbedStore(database), members, sign_ins, clock)
    return Wired(
        services=Services(
            host_tokens=_host_tokens(settings, client, clock),
            members=members,
            passwords=passwords,
            sign_ins=sign_ins,
            invitations=invitations,
            my_data=MyData(OwnData(database), members, passwords, ending, settings.session_days, clock),
            oidc=_oidc(settings, provider_client, OidcStore(database), members, sign_ins, clock),
            tokens=_tokens(settings, clock),
            connecting=connecting,
            ending=ending,
            embedding=embedding,
            avatars=avatars,
            readiness=Readiness(database, keys, rooms, clock),
            card=Card(connecting, rooms, settings.nextcloud_url, clock),
            observations=observations,
            operations=operations,
        ),
        settings=settings,
        roster=Roster(members, passwords, invitations.store, clock),
        importing=Importing(members.store, invitations, clock),
        keys=keys,
        lockout=lockout,
        housekeeping=Housekeeping(connecting, ending, sign_ins, members, flows, invitations, operations, clock),
        database=database,
        client=client,
        provider_client=provider_client,
    )


def doctor(settings: Settings, clock: Clock = system_clock) -> Doctor:
    """What examines the installation of `settings`; it changes nothing there."""
    here = Installation(
        database_url=settings.database_url,
        nextcloud_url=settings.nextcloud_url,
        address=settings.address,
        listens_on=settings.listens_on,
        trusted_proxies=settings.trusted_proxies,
        only_here=CONTAINER.exists() or is_loopback(settings.host),
        demo=settings.demo,
        framed_by=settings.embed_origins,
        vouched_for=_vouched_for(settings),
    )
    client = NextcloudClient(settings.nextcloud_client_name, ca_file=settings.nextcloud_ca_file)
    return Doctor(here, Keyring(settings.credential_keys), client, clock)


def _vouched_for(settings: Settings) -> frozenset[str]:
    """Origins of pages whose servers can say who looks at a frame in them."""
    if settings.host_jwt_key is not None:
        return frozenset(settings.embed_origins)
    return frozenset(origin for host in settings.embed_keys for origin in host.origins)


def _database(settings: Settings) -> Database:
    database = Database(settings.database_url)
    database.migrate()
    return database


def _provider_client(settings: Settings) -> NextcloudClient:
    """The OpenID provider has connections of its own: it must not hold up Nextcloud's."""
    return NextcloudClient(PROVIDER_USER_AGENT, PROVIDER_CONNECTIONS, settings.nextcloud_ca_file)


def _client(settings: Settings, observations: Observations) -> NextcloudClient:
    return NextcloudClient(
        settings.nextcloud_client_name,
        settings.nextcloud_concurrency,
        settings.nextcloud_ca_file,
        observations.upstream,
    )


def _pictures_at_once(settings: Settings) -> int:
    return max(1, settings.nextcloud_concurrency // 4)  # the lists come first


def _tokens(settings: Settings, clock: Clock) -> Tokens:
    keys = parse_jwk_set(settings.jwt_keys) if settings.jwt_keys else keys_from_secret(settings.secret_key)
    return Tokens(keys, settings.jwt_seconds, settings.address, clock)


def _host_tokens(settings: Settings, client: NextcloudClient, clock: Clock) -> HostTokens | None:
    key, algorithm = settings.host_jwt_key, settings.host_jwt_algorithm
    issuer, audience = settings.host_jwt_issuer, settings.host_jwt_audience
    if key is None or algorithm is None or issuer is None or audience is None:
        return None
    address = settings.host_jwt_address
    keys: HostKeys
    if address is None:
        keys = GivenKeys(keys_in(key.get_secret_value(), algorithm))
    else:
        keys = FetchedKeys(lambda: _body(client, address), algorithm, clock)
    return HostTokens(keys, algorithm, issuer, audience, clock, settings.host_jwt_claim)


def _body(client: NextcloudClient, address: str) -> bytes:
    """What a host answers: with the deadline, the limits and the authorities that count for Nextcloud too."""
    answer = client.send("GET", address, seconds=FETCH_SECONDS, limit=MAX_BYTES)
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    return answer.body


def _embedding(settings: Settings, store: EmbedStore, members: Members, sign_ins: SignIns, clock: Clock) -> Embedding:
    create = settings.embed_create_members
    return Embedding(store, members, sign_ins, settings.embed_keys, settings.embed_origins, create, clock)


def _oidc(
    settings: Settings,
    client: NextcloudClient,
    store: OidcStore,
    members: Members,
    sign_ins: SignIns,
    clock: Clock,
) -> Oidc | None:
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client_id is None or secret is None:
        return None
    ask = partial(client.send, seconds=ASK_SECONDS, limit=PROVIDER_BYTES)
    provider = Provider(issuer, client_id, secret, ask, clock)
    rules = Rules(settings.oidc_operator_group, settings.oidc_create_members, settings.oidc_match_names)
    return Oidc(provider, store, members, sign_ins, settings.address, rules, clock)
