"""The roles that a new installation comes with: who does what, as groups of permissions that may be combined.

They are made once and then belong to the administrators, who may change them; `manage.py roles` shows what differs. An
update gives each what is new in it and was never given to it.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dialer.models import GivenPermission

log = logging.getLogger("dialer.roles")


@dataclass(frozen=True, kw_only=True)
class Role:
    """What people of one kind do, in a sentence, and what they need for it. The name is that of its group."""

    name: str
    label: str | Promise
    sentence: str | Promise
    permissions: frozenset[str]  # such as "dialer.view_campaign"


def _views(*models: str) -> frozenset[str]:
    return frozenset(f"dialer.view_{model}" for model in models)


# What somebody sees who follows campaigns; numbers are masked, recordings silent.
RESULTS = _views(
    "account",
    "attempt",
    "batch",
    "callrecord",
    "campaign",
    "contact",
    "contactlist",
    "donotcall",
    "donotcalllist",
    "extension",
    "transfer",
    "voicefile",
) | {"recordings.view_recording"}
EVIDENCE = _views(
    "apitoken",
    "callback",
    "carrierexchange",
    "launchsheet",
    "loggedexport",
    "team",
    "turnedaway",
    "webhook",
    "webhookdelivery",
) | {"auth.view_user", "auth.view_group"}
PREPARING = frozenset(
    {
        "dialer.add_campaign",
        "dialer.change_campaign",
        "dialer.add_voicefile",
        "dialer.change_voicefile",
        "dialer.add_donotcall",
        "dialer.see_full_numbers",
    }
)
LAUNCHING = frozenset({"dialer.launch_campaign"})
ANSWERING_FOR = frozenset(
    {
        "dialer.widen_hours",
        "dialer.decide_uncertain",
        "dialer.export_contacts",
        "dialer.share_savedfilter",
        "dialer.change_donotcall",
        "dialer.delete_donotcall",
        "dialer.add_donotcalllist",
        "dialer.change_donotcalllist",
        "dialer.delete_donotcalllist",
        "dialer.delete_voicefile",
        "dialer.view_callback",
        "dialer.change_callback",
        "dialer.view_carrierexchange",
        "dialer.view_launchsheet",
        "dialer.view_turnedaway",
        "recordings.change_recording",
        "recordings.listen_recording",
    }
)
ADMINISTERING = frozenset(
    {"dialer.add_account", "dialer.change_account"}
    | {f"dialer.{verb}_{model}" for verb in ("add", "change", "delete") for model in ("apitoken", "team", "webhook")}
    | {"dialer.change_webhookdelivery"}
    | {f"auth.{verb}_{model}" for verb in ("add", "change", "delete") for model in ("user", "group")}
)

ROLES = (
    Role(
        name="Viewer",
        label=_("Viewer"),
        sentence=_("Sees campaigns and what became of each call, with masked numbers; changes nothing."),
        permissions=RESULTS,
    ),
    Role(
        name="Operator",
        label=_("Operator"),
        sentence=_(
            "Prepares campaigns: voice files, lists of numbers, hours and rules; puts numbers on do-not-call lists. "
            "Launches nothing."
        ),
        permissions=RESULTS | PREPARING,
    ),
    Role(
        name="Launcher",
        label=_("Launcher"),
        sentence=_(
            "Launches, pauses, resumes and cancels what others prepared, approves their launches and makes test "
            "calls. Edits nothing."
        ),
        permissions=RESULTS | LAUNCHING,
    ),
    Role(
        name="Supervisor",
        label=_("Supervisor"),
        sentence=_(
            "Does what operators and launchers do, and answers for it: decides on uncertain batches, calls at other "
            "hours with a written reason, listens to recordings, exports, keeps the do-not-call lists."
        ),
        permissions=RESULTS | PREPARING | LAUNCHING | ANSWERING_FOR,
    ),
    Role(
        name="Auditor",
        label=_("Auditor"),
        sentence=_(
            "Reads everything, with history, exchanges with carriers, launch sheets, the log of exports and who has "
            "which right, with masked numbers; changes nothing, hears nothing, exports nothing."
        ),
        permissions=RESULTS | EVIDENCE,
    ),
    Role(
        name="Administrator",
        label=_("Administrator"),
        sentence=_("Does everything, and alone sets up accounts, users, roles, tokens of programs and webhooks."),
        permissions=RESULTS | EVIDENCE | PREPARING | LAUNCHING | ANSWERING_FOR | ADMINISTERING,
    ),
)

BY_NAME = {role.name: role for role in ROLES}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a role's group has beyond what it shipped with, and what it lacks; `is_missing`: there is no such group."""

    role: Role
    is_missing: bool
    lacks: tuple[str, ...]
    beyond: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.is_missing or bool(self.lacks or self.beyond)


def differences() -> list[Difference]:
    """One for each role, in their order."""
    groups = {group.name: group for group in Group.objects.filter(name__in=BY_NAME).prefetch_related("permissions")}
    return [_difference(role, groups.get(role.name)) for role in ROLES]


def restore(roles: Iterable[Role] = ROLES) -> None:
    """Each of these roles is what it shipped with; who has it keeps it. May be repeated."""
    known = _known()
    for role in roles:
        group, _is_new = Group.objects.get_or_create(name=role.name)
        permissions = [known[name] for name in role.permissions]
        group.permissions.set(permissions)
        _remember(group, permissions)


def bring_up_to_date(*, app_config: AppConfig, **signal: Any) -> None:
    """Receiver of `post_migrate`: after the last app's, when all permissions are there, groups that are missing are
    made, and those that exist get what is new in their role. What was given to one before is not given again: an
    administrator may have taken it away."""
    is_last = app_config == list(apps.get_app_configs())[-1]
    if not is_last or not _is_newest(signal.get("apps", apps)) or not _needed() <= set(_known()):
        return
    existing = {group.name: group for group in Group.objects.filter(name__in=BY_NAME)}
    restore(role for role in ROLES if role.name not in existing)
    for name, group in existing.items():
        _give_new(group, BY_NAME[name])


def _is_newest(state: Any) -> bool:
    """Not after a migration back to before it was remembered what roles were given."""
    return "givenpermission" in state.all_models["dialer"]


def _give_new(group: Group, role: Role) -> None:
    known = _known()
    given = set(GivenPermission.objects.filter(group=group).values_list("permission", flat=True))
    new = {name: known[name] for name in sorted(role.permissions) if known[name].pk not in given}
    if new:
        group.permissions.add(*new.values())
        _remember(group, new.values())
        log.info("The role %s was given what is new in it: %s.", group.name, ", ".join(new))


def _remember(group: Group, permissions: Iterable[Permission]) -> None:
    rows = [GivenPermission(group=group, permission=permission) for permission in permissions]
    GivenPermission.objects.bulk_create(rows, ignore_conflicts=True)


def _difference(role: Role, group: Group | None) -> Difference:
    has = {_name(permission) for permission in group.permissions.select_related("content_type")} if group else set()
    return Difference(
        role=role,
        is_missing=group is None,
        lacks=tuple(sorted(role.permissions - has)) if group else (),
        beyond=tuple(sorted(has - role.permissions)),
    )


def _needed() -> set[str]:
    return set().union(*(role.permissions for role in ROLES))


def _known() -> dict[str, Permission]:
    """The permissions that the database knows, by the name under which code asks for them."""
    apps_of_ours = {name.partition(".")[0] for name in _needed()}
    rows = Permission.objects.filter(content_type__app_label__in=apps_of_ours).select_related("content_type")
    return {_name(permission): permission for permission in rows}


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
