"""The console's pages about keys, API users, stores and changes; mounted at /console/."""

from django.urls import path, register_converter

from apikeys import converters
from apikeys.views import (
    changes,
    help,
    key_ips,
    key_list,
    key_rotate,
    key_switch,
    login,
    stores,
    users,
)
from apikeys.views.key_bulk import key_bulk
from apikeys.views.key_create import key_create
from apikeys.views.key_delete import key_delete
from apikeys.views.key_detail import key_detail
from apikeys.views.key_edit import key_edit
from apikeys.views.preferences import preferences

register_converter(converters.ConsumerKeyConverter, "consumer_key")
register_converter(converters.UsernameConverter, "username")
register_converter(converters.StoreIDConverter, "store_id")
register_converter(converters.SwitchConverter, "switch")

KEY = "keys/<consumer_key:consumer_key>/"
USER = "users/<username:username>/"
STORE = "stores/<store_id:public_id>/"

urlpatterns = [
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", login.Logout.as_view(), name="logout"),
    path("stay/", login.stay_logged_in, name="stay_logged_in"),
    path("preferences/", preferences, name="preferences"),
    path("help/", help.help_index, name="help_index"),
    path("help/<slug:topic>/", help.help_topic, name="help_topic"),
    path("changes/", changes.change_list, name="change_list"),
    path("keys/", key_list.key_list, name="key_list"),
    path("keys/search/", key_list.key_search, name="key_search"),
    path("keys/new/", key_create, name="key_create"),
    path("keys/bulk/", key_bulk, name="key_bulk"),
    path(KEY, key_detail, name="key_detail"),
    path(f"{KEY}edit/", key_edit, name="key_edit"),
    path(f"{KEY}changes/", changes.key_changes, name="key_changes"),
    path(f"{KEY}ips/", key_ips.key_ips, name="key_ips"),
    path(f"{KEY}ips/remove/", key_ips.key_ip_remove, name="key_ip_remove"),
    path(f"{KEY}ips/label/", key_ips.key_ip_label, name="key_ip_label"),
    path(f"{KEY}disable/", key_switch.key_disable, name="key_disable"),
    path(f"{KEY}enable/", key_switch.key_enable, name="key_enable"),
    path(f"{KEY}rotate/", key_rotate.key_rotate, name="key_rotate"),
    path(f"{KEY}rotate/end/", key_rotate.key_end_overlap, name="key_end_overlap"),
    path(f"{KEY}delete/", key_delete, name="key_delete"),
    path("users/", users.user_list, name="user_list"),
    # Not below users/: "new" is a name that an API user can have.
    path("new-user/", users.user_create, name="user_create"),
    path(USER, users.user_detail, name="user_detail"),
    path(f"{USER}owner/", users.user_hand_over, name="user_hand_over"),
    path(f"{USER}delete/", users.user_delete, name="user_delete"),
    path(f"{USER}<switch:deed>/", users.user_switch, name="user_switch"),
    path("stores/", stores.store_list, name="store_list"),
    path("stores/new/", stores.store_create, name="store_create"),
    path(STORE, stores.store_detail, name="store_detail"),
    path(f"{STORE}edit/", stores.store_edit, name="store_edit"),
    path(f"{STORE}staff/", stores.store_staff, name="store_staff"),
    path(f"{STORE}<switch:deed>/", stores.store_switch, name="store_switch"),
]
