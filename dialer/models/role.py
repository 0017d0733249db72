"""What was given to the roles that the console brought: an update gives what is new, and nothing a second time."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class GivenPermission(models.Model):
    """A role was given this permission once. If it has it no more, an administrator took it away."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="given_permissions")
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("given permission")
        verbose_name_plural = _("given permissions")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["group", "permission"], name="a_permission_is_given_once")]

    def __str__(self) -> str:
        return gettext("given permission %(id)s") % {"id": self.pk}
