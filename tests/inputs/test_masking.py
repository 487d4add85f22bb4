"""Personal data is found in the forms in which people write it, and ordinary numbers are left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.inputs.masking import count_personal, is_card_number, is_resident_id, mask

PERSONAL = [
    # mail
    ("write to jane.doe+news@mail.example.co.uk, please", "write to [mail], please"),
    ("我的邮箱是zhang_wei88@qq.com谢谢", "我的邮箱是[mail]谢谢"),
    ("邮箱：ｌｉ＠１６３．ｃｏｍ。", "邮箱：[mail]。"),
    ("<o'brien@example.ie>", "<[mail]>"),
    ("13812345678@139.com", "[mail]"),
    # mobile numbers of China
    ("打13812345678给我", "打[phone]给我"),
    ("电话 138 1234 5678。", "电话 [phone]。"),
    ("tel: +86 138-1234-5678", "tel: [phone]"),
    ("手机8613912345678", "手机[phone]"),
    ("0086-15912345678", "[phone]"),
    ("(+86) 17712345678", "[phone]"),
    ("微信同号１３８１２３４５６７８", "微信同号[phone]"),
    ("13812345678或19987654321", "[phone]或[phone]"),
    # lines of China
    ("call 010-62771234 now", "call [phone] now"),
    ("座机（021）58881234", "座机[phone]"),
    ("0571 8888 1234", "[phone]"),
    ("+86 10 6277 1234", "[phone]"),
    # elsewhere
    ("ring me on +44 20 7946 0958", "ring me on [phone]"),
    ("+49 (0)30 901820-44", "[phone]"),
    ("+33612345678.", "[phone]."),
    ("+1-415-555-0132", "[phone]"),
    ("(415) 555-0132", "[phone]"),
    ("415-555-0132,", "[phone],"),
    ("1.415.555.0132", "[phone]"),
    ("+81 90-1234-5678", "[phone]"),
    ("0044 7700 900123", "[phone]"),
    # resident ids
    ("身份证11010519491231002X号", "身份证[id]号"),
    ("id 440524188001010014 is of 1880", "id 440524188001010014 is of 1880"),
    ("110105 19491231 002x", "[id]"),
    ("５３０１０２１９２００５０８０１１Ｘ", "[id]"),
    # cards
    ("card 4111 1111 1111 1111 exp", "card [card] exp"),
    ("5555-5555-5555-4444", "[card]"),
    ("2 tickets 3 4111 1111 1111 1111 12 27", "2 tickets 3 [card] 12 27"),
    ("110 13812345678 7", "110 [phone] 7"),
    ("378282246310005", "[card]"),
    ("卡号6222021234567890128", None),
    ("6011111111111117", "[card]"),
    ("3530111333300000", "[card]"),
    ("2223003122003222", "[card]"),
    ("30569309025904", "[card]"),
]


@pytest.mark.parametrize(("text", "masked"), [case for case in PERSONAL if case[1]])
def test_personal_data_is_replaced(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked, "masking twice is masking once"
    assert count_personal(text) == sum(masked.count(tag) for tag in ("[mail]", "[phone]", "[id]", "[card]"))


@pytest.mark.parametrize("text", [
    "it cost $1,299.00 on 2026-11-22 at 10:45:12",
    "2026/11/22 10:45", "20261122", "order 202611220012345", "order 2026112210451234567",
    "version 3.11.7, build 20.04.6", "pi is 3.14159265358979", "0.13812345678", "13812345678.50 yuan",
    "serial SN13812345678", "tracking 1Z999AA10123456784", "uuid 550e8400-e29b-41d4-a716-446655440000",
    "population 1 412 600 000", "+100 000 000 users", "+10.5%", "1,381,234,567", "12345678901234567890123",
    "ip 192.168.100.200", "isbn 978-3-16-148410-0", "ean 4006381333931", "0012345678", "10000000000", "room 1301",
    "订单号123456789012，金额3999元，2026年11月22日", "第13章，共256页", "库存 138 件，1234 箱，5678 个",
    "flight CA1831", "3-4-5", "scores 12-10-11", "@home", "user@host", "a @ b . com", "4111111111111112",
    "110105194912310021", "110105194913310021", "1234 5678 9012 3456", "",
])
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text) == text


def made_id(seed: int) -> str:
    """An id made from the definition of its check sign: the weighted sum of all signs is 1 modulo 11."""
    dice = random.Random(seed)
    body = f"{dice.randrange(110000, 659999)}19{dice.randrange(100):02d}{dice.randrange(1, 13):02d}" \
           f"{dice.randrange(1, 29):02d}{dice.randrange(1000):03d}"
    for sign in "0123456789X":
        values = [10 if s == "X" else int(s) for s in body + sign]
        if sum(v * pow(2, 17 - place, 11) for place, v in enumerate(values)) % 11 == 1:
            return body + sign
    raise AssertionError


def made_card(seed: int, length: int, start: str) -> str:
    dice = random.Random(seed)
    body = start + "".join(str(dice.randrange(10)) for _ in range(length - len(start) - 1))
    total = sum(sum(map(int, str(int(d) * 2))) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(body)))
    return body + str(-total % 10)


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_ids_made_by_the_standard_pass_and_any_changed_sign_fails(seed: int) -> None:
    made = made_id(seed)
    assert is_resident_id(made)
    assert mask(f"身份证号码：{made}，请查收") == "身份证号码：[id]，请查收"
    for place in (0, 5, 16):
        other = str((int(made[place]) + 1) % 10)
        assert not is_resident_id(made[:place] + other + made[place + 1:])


@settings(max_examples=200)
@given(st.integers(0, 10**9), st.sampled_from([(16, "4"), (16, "52"), (15, "37"), (19, "622202"), (16, "6217"),
                                               (18, "6212"), (16, "2221"), (14, "36")]))
def test_cards_with_their_checksum_pass_and_any_changed_digit_fails(seed: int, kind: tuple[int, str]) -> None:
    made = made_card(seed, *kind)
    assert is_card_number(made)
    spaced = " ".join(made[i:i + 4] for i in range(0, len(made), 4))
    assert mask(f"card {made}; {spaced}.") == "card [card]; [card]."
    other = made[:-1] + str((int(made[-1]) + 1) % 10)
    assert not is_card_number(other)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789 -+.@/年月日abc元(),", max_size=60))
def test_masking_ends_and_is_stable(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


def test_long_texts_are_quick() -> None:
    import time

    begun = time.perf_counter()
    for text in ("1 " * 50_000, "1" * 100_000, "a." * 50_000 + "@", "+1 " * 30_000, "1-" * 50_000):
        mask(text)
    assert time.perf_counter() - begun < 5


def test_few_ordinary_order_numbers_are_taken_for_something_else() -> None:
    """Random numbers of 12 to 19 digits that begin with a date, as shops number their orders: none is masked."""
    dice = random.Random(1)
    orders = [f"2026{dice.randrange(1, 13):02d}{dice.randrange(1, 29):02d}{dice.randrange(10**n):0{n}d}"
              for n in range(4, 12) for _ in range(300)]
    assert [order for order in orders if mask(order) != order] == []
