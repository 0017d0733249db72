"""Login and Logout."""


def test_login_gives_a_token_that_opens_the_bills(wire):
    answer = wire.post("App.Sip_Auth.Login", appid="sandbox", accesskey="sandbox")

    assert answer["ret"] == 200
    assert answer["data"]["status"] == 0
    assert answer["msg"] == ""
    assert wire.get_bill(answer["data"]["result"]["token"])["data"]["status"] == 0


def test_a_wrong_key_fails_inside_and_an_unknown_appid_outside(wire):
    wrong = wire.post("App.Sip_Auth.Login", appid="sandbox", accesskey="wrong")
    unknown = wire.post("App.Sip_Auth.Login", appid="nobody", accesskey="sandbox")

    assert wrong["ret"] == 200
    assert wrong["data"]["status"] == 1
    assert wrong["data"]["errors"]["code"] == "1003"
    assert unknown == {"ret": 601, "data": [], "msg": "appid is not authorized"}
    assert wire.state["violations"] == []


def test_logout_ends_a_token(wire):
    token = wire.login()

    assert wire.post("App.Sip_Auth.Logout", token=token)["data"]["status"] == 0
    assert wire.get_bill(token)["ret"] == 600
    assert wire.post("App.Sip_Auth.Logout", token=token)["ret"] == 600


def test_a_token_runs_out(start):
    wire = start(token_seconds=0)

    assert wire.get_bill(wire.login())["ret"] == 600
    assert wire.state["violations"] == []


def test_tokens_can_be_made_invalid_by_order(wire):
    token = wire.login()
    wire.order_fates("invalidate_tokens", service="App.Sip_Cdr.GetBill")

    assert wire.get_bill(token)["ret"] == 600
    assert wire.get_bill(wire.login())["ret"] == 200


def test_a_second_login_keeps_the_first_token_unless_the_switch_says_otherwise(wire):
    first = wire.login()
    wire.login()
    assert wire.get_bill(first)["ret"] == 200

    wire.control("configure", login_replaces_token=True)
    second = wire.login()

    assert wire.get_bill(first)["ret"] == 600
    assert wire.get_bill(second)["ret"] == 200
