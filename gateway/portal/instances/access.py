"""Who is what to an instance."""

from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.portal.instances.record import InstanceRecord
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import UserId

__all__ = ["role_in_portal", "role_in_session"]


def role_in_portal(asking: Principal, record: InstanceRecord) -> Role | None:
    """What somebody is to an instance outside its session; None for those who may not know of it."""
    if record.owner_id == asking.user_id:
        return Role.OWNER
    return Role.ADMIN if asking.is_admin else None


def role_in_session(user_id: UserId, record: InstanceRecord, *, is_admin: bool) -> Role | None:
    """The greatest role in which somebody may open the desktop, None for those who may not."""
    if record.owner_id == user_id:
        return Role.OWNER
    # Administrators look after machines; somebody else's desktop is theirs to look at, not to drive.
    return Role.GUEST if is_admin else None
