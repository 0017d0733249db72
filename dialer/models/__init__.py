"""The nouns, in the order of the story."""

from dialer.models.account import Account
from dialer.models.api_token import ApiAnswer, ApiToken
from dialer.models.batch import Attempt, Batch
from dialer.models.call_record import CallRecord
from dialer.models.callback import Callback, TurnedAway
from dialer.models.callback_number import CallbackBacklog, CallbackNumber
from dialer.models.campaign import CallWindow, Campaign, RetryRule
from dialer.models.campaign_event import CampaignEvent
from dialer.models.campaign_plan import CampaignPlan
from dialer.models.campaign_wishes import CarrierPeriod
from dialer.models.claim import Bell, Claimable, Heartbeat, Seat
from dialer.models.contact import Contact, ContactList
from dialer.models.do_not_call import DoNotCall, DoNotCallList
from dialer.models.exchange import CarrierExchange
from dialer.models.export import Export, LoggedExport
from dialer.models.extension import Extension, Transfer
from dialer.models.launch_approval import LaunchApproval
from dialer.models.launch_sheet import LaunchSheet
from dialer.models.list_look import ColumnChoice, SavedFilter
from dialer.models.notice import Notice, NoticeCause, NoticeDelivery, NoticeWay
from dialer.models.preference import Preference
from dialer.models.role import GivenPermission
from dialer.models.route import Route
from dialer.models.tally import BatchTally, CallTally
from dialer.models.team import Team
from dialer.models.test_call import TestCall
from dialer.models.upload import PendingUpload
from dialer.models.voice_file import CarrierFile, VoiceFile
from dialer.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "Account",
    "ApiAnswer",
    "ApiToken",
    "Attempt",
    "Batch",
    "BatchTally",
    "Bell",
    "CallRecord",
    "CallTally",
    "CallWindow",
    "Callback",
    "CallbackBacklog",
    "CallbackNumber",
    "Campaign",
    "CampaignEvent",
    "CampaignPlan",
    "CarrierExchange",
    "CarrierFile",
    "CarrierPeriod",
    "Claimable",
    "ColumnChoice",
    "Contact",
    "ContactList",
    "DoNotCall",
    "DoNotCallList",
    "Export",
    "Extension",
    "GivenPermission",
    "Heartbeat",
    "LaunchApproval",
    "LaunchSheet",
    "LoggedExport",
    "Notice",
    "NoticeCause",
    "NoticeDelivery",
    "NoticeWay",
    "PendingUpload",
    "Preference",
    "RetryRule",
    "Route",
    "SavedFilter",
    "Seat",
    "Team",
    "TestCall",
    "Transfer",
    "TurnedAway",
    "VoiceFile",
    "Webhook",
    "WebhookDelivery",
]
