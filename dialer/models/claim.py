"""Rows that one process at a time may work on, and the seats and bells of the queue."""

from django.db import models


class Claimable(models.Model):
    """A row that is claimed with a token and a lease before anything happens outside the database."""

    claim_token = models.CharField(max_length=32, default="", blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Seat(models.Model):
    """A place where one process at a time may sit, until its lease ends (one request at a time per account)."""

    name = models.CharField(max_length=80, primary_key=True)
    token = models.CharField(max_length=32, default="")
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Bell(models.Model):
    """One row per kind of work: is a ring already on its way?"""

    kind = models.CharField(max_length=40, primary_key=True)
    is_ringing = models.BooleanField(default=False)
    rung_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.kind


class Heartbeat(models.Model):
    """Written by a task that went the whole way through scheduler, broker and worker of a queue."""

    queue = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.queue
