"""Tokens by which programs act in the name of a person, and the answers that were given to repeatable requests."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.terms import Scope


class ApiToken(models.Model):
    """A key for programs. Only its hash is stored: whoever lost it makes a new one."""

    name = models.CharField(_("name"), max_length=80, help_text=_("What uses it, such as: order system."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_tokens"
    )
    made_by = models.ForeignKey(  # null: not known, of a token that is older than this field
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of 256 random bits needs no salt
    beginning = models.CharField(max_length=16, editable=False)  # of the token, so that people can tell them apart
    scopes = models.JSONField(default=list)  # of terms.Scope
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)  # to the minute

    # Requests in the minute that is counted, as minutes since 1970.
    counted_minute = models.PositiveBigIntegerField(default=0, editable=False)
    counted_requests = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


class ApiAnswer(models.Model):
    """What was answered to a request that may come again under the same key. Empty while it is being carried out."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("api answer")
        verbose_name_plural = _("api answers")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_token_and_key")]

    def __str__(self) -> str:
        return gettext("answer %(id)s") % {"id": self.pk}
