"""What a family is called and how it is reached is mended until its intake begins, and who did it is kept."""

from uuid import uuid4

import httpx
import pytest

from services.intake import handlers, store
from services.intake.commands import ReachFirst, ReceiveSignal, Referral
from services.shared.roles import Role
from tests.intake.town import PROGRAMME, day
from tests.screens.outreach_site import BOB, Outreach, met
from tests.screens.people import hidden, person, signed_in

pytestmark = pytest.mark.engines

STRANGER = person("Cor", Role.OUTREACH_WORKER, programmes=frozenset({PROGRAMME}), areas=frozenset({"elsewhere"}))


async def test_a_wrong_number_is_mended_by_who_may_do_the_intake_until_that_begins(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    told = met(needs=["bicycle"])
    await ayse.post("/kennismaking", data=told)
    receipt, sign_up = f"/kennismaking/genoteerd/{told['key']}", f"/signalen/{told['key']}"
    mend = f"{sign_up}/verbeteren"
    for offered in (receipt, sign_up):
        assert f'href="/intake{mend}"' in (await ayse.get(offered)).text
    form = await ayse.get(mend)
    assert 'value="0612345678"' in form.text
    seen = {"seen": hidden(form, "seen")}

    wrong = await ayse.post(mend, data=seen | {"name": "", "phone": "bel maar", "other": ""})
    assert wrong.status_code == 400
    for field in ("name", "phone"):
        assert f'href="#{field}"' in wrong.text
        assert f'id="{field}-error"' in wrong.text
    assert 'value="bel maar"' in wrong.text
    via = {"name": "Samíra", "phone": "0687654321", "other": "via de juf"}
    for _ in range(2):
        mended = await ayse.post(mend, data=seen | via)
        assert mended.headers["Location"] == f"/intake{sign_up}?genoteerd=verbeterd"
    for written_down in ("Samíra", "0687654321", "via de juf", "Fiets"):
        assert written_down in (await ayse.get(receipt)).text
        assert written_down in (await ayse.get(sign_up)).text
    assert await outreach.signals() == [("angelslo", "playground", "Samíra", "0687654321")]
    began = (await ayse.get(mended.headers["Location"].removeprefix("/intake"))).text
    assert "naam en contact staan er nu goed" in began
    assert began.count("Naam of nummer verbeterd, door") == 1, "sent twice is mended once"
    assert "0612345678" not in began, "what stood there is gone"

    async with outreach.database.transaction() as tx:
        await tx.execute(store.signal.update().values(state="closed"))
    assert (await ayse.get(mend)).headers["Location"] == f"/intake{sign_up}"
    assert (await ayse.post(mend, data=seen | via | {"name": "Iemand"})).status_code == 409
    for offered in (receipt, sign_up):
        assert mend not in (await ayse.get(offered)).text


async def test_who_mends_a_number_second_is_shown_what_stands_there_first(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    told = met()
    await ayse.post("/kennismaking", data=told)
    mend = f"/signalen/{told['key']}/verbeteren"
    async with signed_in(outreach.app, BOB) as bob, signed_in(outreach.app, STRANGER) as stranger:
        seen = {"seen": hidden(await ayse.get(mend), "seen")}
        mine = {"name": "Samira", "phone": "0687654321", "other": ""}
        assert (await bob.post(mend, data=seen | mine)).status_code == 303
        for refused in (await stranger.get(mend), await stranger.post(mend, data=seen | mine)):
            assert refused.status_code == 403

        other = {"name": "Samira", "phone": "0611111111", "other": ""}
        second = await ayse.post(mend, data=seen | other)
        assert second.status_code == 409
        for shown in ("Samira, 0687654321", 'value="0611111111"'):
            assert shown in second.text
        assert await outreach.signals() == [("angelslo", "playground", "Samira", "0687654321")]
        assert (await ayse.post(mend, data=other | {"seen": hidden(second, "seen")})).status_code == 303
    assert await outreach.signals() == [("angelslo", "playground", "Samira", "0611111111")]


async def test_a_family_of_a_partner_is_mended_too_and_need_not_be_reached_itself(
    ayse: httpx.AsyncClient, outreach: Outreach
) -> None:
    signal_id = uuid4()
    partner = Referral(name="Juf Marleen", phone="0591123456", reach_first=ReachFirst.REFERRER)
    referred = ReceiveSignal(
        signal_id=signal_id,
        programme=PROGRAMME,
        area="angelslo",
        channel="school",
        contact_name="Samra",
        contact_email="samira@example.org",
        contact_via="via de buurvrouw",
        referral=partner,
    )
    async with outreach.database.transaction() as tx:
        await handlers.receive_signal(tx, referred, now=day(10, month=10))
    mend = f"/signalen/{signal_id}/verbeteren"

    for told in ({"name": "Samira", "other": "samira@example.org"}, {"name": "Samira", "other": ""}):
        seen = hidden(await ayse.get(mend), "seen")
        assert (await ayse.post(mend, data=told | {"phone": "", "seen": seen})).status_code == 303
    shown = (await ayse.get(f"/signalen/{signal_id}")).text
    assert "samira@example.org" not in shown
    for stays in ("Samira", "via de buurvrouw", "Juf Marleen"):
        assert stays in shown
