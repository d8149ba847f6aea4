"""From MyHDL's VHDL to the delivered one, step by step: expressions, statements, names, tables; and that nothing changes its meaning."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from myhdl import Signal, always, always_comb, enum, intbv, modbv

from ip_cores.conversion.architecture import Type, rewritten
from ip_cores.conversion.conversion import convert, first_sentence, prose
from ip_cores.conversion.expressions import Binary, Literal, Name, NoExpression, Unary, read, value_of, write
from ip_cores.conversion.myhdl_text import UnknownText, read_entity
from ip_cores.conversion.simplify import simplifier
from ip_cores.conversion.vhdl_text import LINE_LENGTH
from ip_cores.hierarchy import Constant, Rows, Word, described, entity, inline, named, primitive
from ip_cores.parameters import RESERVED, ParameterError
from testbenches.engines.ghdl import analyse

NAMES = "abcd"
LOGICAL = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}
RELATIONS = {"=": operator.eq, "/=": operator.ne, "<": operator.lt, ">=": operator.ge}
SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul}

numbers = st.recursive(
    st.one_of(st.sampled_from(NAMES).map(Name), st.integers(0, 9).map(lambda value: Literal(str(value)))),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from([*SUMS]), inner, inner),
        st.builds(Unary, st.just("-"), inner),
    ),
    max_leaves=8,
)
conditions = st.recursive(
    st.builds(Binary, st.sampled_from([*RELATIONS]), numbers, numbers),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from([*LOGICAL]), inner, inner),
        st.builds(Unary, st.just("not"), inner),
    ),
    max_leaves=8,
)


def value(expression, words):
    """What an expression is where names stand for words; an interpreter of this test's own."""
    match expression:
        case Name(text):
            return words[text]
        case Literal(text):
            return int(text)
        case Unary("-", operand):
            return -value(operand, words)
        case Unary("not", operand):
            return not value(operand, words)
        case Binary(symbol, left, right):
            return {**LOGICAL, **RELATIONS, **SUMS}[symbol](value(left, words), value(right, words))


@given(conditions, st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_parentheses_are_left_where_they_are_needed(expression, words):
    words = dict(zip(NAMES, words, strict=True))
    text = write(expression)
    assert value(read(text), words) == value(expression, words)
    assert write(read(text)) == text


@given(conditions, st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_what_is_simplified_has_the_same_value(expression, words):
    words = dict(zip(NAMES, words, strict=True))
    simple = rewritten(expression, simplifier({name: Type("signed", 8) for name in NAMES}))
    assert value(simple, words) == value(expression, words)


TYPES = {
    "bit_a": Type("std_logic"),
    "bit_b": Type("std_logic"),
    "word": Type("signed", 20),
    "count": Type("unsigned", 4),
    "step": Type("unsigned", 1),
    "flags": Type("std_logic_vector", 3),
    "words": Type("signed", 16, 64),
}

SIMPLE = {
    "a bit as a condition": ("(bool(bit_a) and (not bool(bit_b)))", "bit_a = '1' and bit_b = '0'"),
    "conditions as a bit": ("stdl(bool(bit_a) and (not bool(bit_b)))", "bit_a and not bit_b"),
    "an element as a bit": ("stdl((not bool(flags(2))) or bool(bit_a))", "not flags(2) or bit_a"),
    "a comparison stays one": ("stdl(bool(bit_a) and (count = 3))", "to_std_logic(bit_a = '1' and count = 3)"),
    "what is not equal": ("(not (count = 3))", "count /= 3"),
    "and, or mixed": ("stdl(bool(bit_a) and (bool(bit_b) or bool(flags(0))))", "bit_a and (bit_b or flags(0))"),
    "bounds": ("word(16-1 downto (8 - 3))", "word(15 downto 5)"),
    "a slice of a signed word": ("signed(unsigned(word(16-1 downto 0)))", "word(15 downto 0)"),
    "a slice that is extended": ("resize(signed(unsigned(word(20-1 downto 2))), 20)", "resize(word(19 downto 2), 20)"),
    "a width it has": ("resize(word, 20)", "word"),
    "a word of a memory": ("resize(words(to_integer(count)), 16)", "words(to_integer(count))"),
    "a sum that wraps": ("resize(unsigned(signed(resize(count, 5) + 1) mod (2 ** 4)), 4)", "count + 1"),
    "a number compared": ("(signed(resize(count, 8)) = (12 - 1))", "count = 11"),
    "a number too large for it": ("(signed(resize(count, 8)) = 20)", "signed(resize(count, 8)) = 20"),
    "nothing added": ("((count + 0) - step)", "count - step"),
    "a negative number": ("(word = (- 1))", "word = -1"),
    "a qualified concatenation": ("unsigned'('0' & count(2-1 downto 0))", "unsigned'('0' & count(1 downto 0))"),
}


@pytest.mark.parametrize(("text", "simple"), SIMPLE.values(), ids=SIMPLE)
def test_myhdls_expressions_made_plain(text, simple):
    assert write(rewritten(read(text), simplifier(TYPES))) == simple


@pytest.mark.parametrize("text", ["a +", "(a", "a ? b", "", "a b"])
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(NoExpression):
        read(text)


def test_arithmetic_of_literals():
    assert [value_of(read(text)) for text in ("33-1", "(2 ** 4)", "- 3 * 2", "a + 1", "2 ** (0 - 1)")] == [32, 16, -6, None, None]


def test_an_unknown_line_is_named():
    text = "entity e is\nend entity e;\n\narchitecture rtl of e is\n\nbegin\n\nwait until x;\nend architecture rtl;\n"
    with pytest.raises(UnknownText, match="wait until x"):
        read_entity(text, "e")


# Whole entities.


def bit():
    return Signal(bool(0))


def written(block, name="top", remarks=None):
    """VHDL of a block by entity."""
    return convert(block, name, "Head.", f"Part of {name}.", remarks)


@pytest.fixture
def silent(tmp_path):
    def check(texts):
        paths = []
        for name, text in texts.items():
            paths.append(tmp_path / f"{name}.vhd")
            paths[-1].write_text(text)
        for std in ("93", "93c", "08"):
            assert analyse(paths, std) == ""
        assert all(len(line) <= LINE_LENGTH for text in texts.values() for line in text.splitlines())
        return texts

    return check


@entity
def everything(clk, reset, go, word, total, flag, code):
    """Adds. More is said
    of it here.

    A second paragraph with `code` in it.

    Parameters
    ----------
    clk : signal
    """
    states = enum("IDLE", "BUSY", "DONE")
    state = Signal(states.IDLE)
    held = [bit() for _ in range(3)]
    alone = [bit() for _ in range(1)]
    offset = Signal(modbv(-5, min=-128, max=128))
    nothing = Signal(modbv(0, min=-128, max=128))
    same, unread = Word(modbv(0, min=-128, max=128), 7), Word(modbv(0, min=-128, max=128), 7)
    last, count = 2, 1

    @always_comb
    def connect():
        same.next = word

    @always_comb
    def leave():
        unread.next = word

    @always(clk.posedge)
    def walk():
        """What is true in each state: nothing, one word, all of them."""
        if reset:
            state.next = states.IDLE
        elif state == states.IDLE:
            if go:
                state.next = states.BUSY
        elif state == states.BUSY:
            state.next = states.DONE
        else:
            state.next = states.IDLE

    @always(clk.posedge)
    def follow():
        if reset:
            for stage in range(count):
                alone[stage].next = False
            for stage in range(last + 1):
                held[stage].next = False
        else:
            held[0].next = go and same == 3
            for stage in range(1, count):
                alone[stage].next = alone[stage - 1]
            for stage in range(1, last + 1):
                held[stage].next = held[stage - 1]

    @always_comb
    def look():
        flag.next = held[last] and state == states.DONE

    @always_comb
    def choose():
        if flag_inside:
            total.next = same + offset
        else:
            total.next = nothing - same

    flag_inside = bit()

    @always_comb
    def inside():
        flag_inside.next = held[1]

    @always_comb
    def number():
        if state == states.IDLE:
            code.next = 0
        elif state == states.BUSY:
            code.next = 1
        else:
            code.next = 2

    return connect, leave, walk, follow, look, choose, inside, number


def test_an_entity_reads_as_if_a_person_had_written_it(silent):
    total = Word(modbv(0, min=-256, max=256), 7)
    code = Signal(intbv(0)[2:])
    block = everything(bit(), bit(), bit(), Word(modbv(0, min=-128, max=128), 7), total, bit(), code)
    texts = silent(written(block, remarks={"total": "sfix9_En7"}))
    text = texts["top"]
    assert text.startswith("-- top: Adds. More is said of it here.\n--\n-- A second paragraph with code in it.\n--\n-- Head.\n\n")
    for line in (
        "        total: out std_logic_vector(8 downto 0);  -- sfix9_En7",
        "    type t_state is (IDLE, BUSY, DONE);",
        "    signal total_value: signed(8 downto 0);  -- sfix9_En7",
        "    constant offset: signed(7 downto 0) := to_signed(-5, 8);",
        "    signal held: std_logic_vector(0 to 2);",
        "    -- What is true in each state: nothing, one word, all of them.\n    walk: process (clk) is",
        "                case state is\n                    when IDLE =>\n                        if go = '1' then",
        "                held <= (others => '0');",
        "                for stage in 1 to 2 loop\n                    held(stage) <= held(stage - 1);",
        "    flag <= '1' when held(2) = '1' and state = DONE else '0';",
        "    total_value <= resize(word_value, 9) + offset when flag_inside = '1' else to_signed(0, 9) - word_value;",
    ):
        assert line in text, line
    assert "unread" not in text
    assert "alone" not in text
    assert "same" not in text


@inline
def held(clk, enable, source, target):
    """Keeps a word.

    Parameters
    ----------
    enable : signal
    """

    @always(clk.posedge)
    def store():
        if enable:
            target.next = source

    return store


@primitive
def wired(source, target):
    """For Python's readers alone."""

    @always_comb
    def connect():
        target.next = not source

    return connect


@entity
def leaf(clk, unused, x, y, limit):
    """The leaf of `ip_cores.tree.leaf`. It has two words."""

    @always(clk.posedge)
    def table():
        """Reads a table."""
        y.next = ROWS[int(x)]

    @always_comb
    def low():
        limit.next = x[0]

    return table, low


ROWS = Rows((1, -2, 3, -4), ("one", "two", "three", "four"))


@entity
def branch(clk, enable, unused, x, y, z, limit, rows):
    """Two leaves."""
    limits = [bit() for _ in range(2)]
    between, once = Word(intbv(0)[2:], 0), Word(intbv(0)[2:], 0)
    inverse = bit()
    return (
        held(clk, enable, x, between),
        held(clk, enable, between, once),
        described(held(clk, inverse, once, z), "Keeps the last one while the others move."),
        wired(enable, inverse),
        leaf(clk, unused, x, y, limits[0]),
        described(named(leaf(clk, unused, x, y, limit), "own"), "A leaf with a name."),
        wired(limits[0], limits[1]),
    )


def test_comments_and_ports_of_a_hierarchy(silent):
    arguments = [bit(), bit(), bit(), Signal(intbv(0)[2:]), Signal(modbv(0, min=-8, max=8)), Signal(intbv(0)[2:]), bit()]
    texts = written(branch(*arguments, None))
    assert list(texts) == ["top_leaf", "own", "top"]
    top, leaf_text = texts["top"], texts["top_leaf"]
    assert "-- top_leaf: The leaf of leaf. It has two words.\n--\n-- Part of top.\n\n" in leaf_text
    # A port that nobody reads is none, and a name that VHDL-AMS reserves is another.
    assert "unused" not in leaf_text
    assert "limit_flag: out std_logic" in leaf_text
    assert "limit_flag => " in top
    assert "    -- Reads a table.\n    table_process: process (clk) is" in leaf_text
    assert "when 1 => y <= to_signed(-2, 4);  -- two" in leaf_text
    assert "when others => y <= to_signed(-4, 4);  -- four" in leaf_text
    # Equal registers are one process; what is described otherwise stands alone.
    assert "    -- Keeps a word.\n    held: process (clk) is" in top
    assert top.count("Keeps a word.") == 1
    assert "                between <= x_value;\n                once <= between;\n" in top
    assert "    -- Keeps the last one while the others move.\n" in top
    assert "    -- The leaf of leaf.\n    u_leaf: entity work.top_leaf" in top
    assert "    -- A leaf with a name.\n    u_own: entity work.own" in top
    assert "Python" not in top


@entity
def pair(one, other, names):
    """Two of a kind."""
    return [named(inverter(one, signal), name) for signal, name in zip(other, names, strict=True)]


@entity
def inverter(a, b):
    """Turns a bit over."""

    @always_comb
    def turn():
        b.next = not a

    return turn


@pytest.mark.parametrize("names", [("band", "Band"), ("TOP", "other")])
def test_names_that_differ_only_in_case_are_refused(names):
    with pytest.raises(ParameterError, match="upper and lower case"):
        written(pair(bit(), [bit(), bit()], names))


@entity
def f(a, b):
    """One inverter."""
    return inverter(a, b)


def test_a_made_name_stands_back_behind_a_given_one(silent):
    texts = silent(written(outer(bit(), bit()), "F_INVERTER"))
    assert list(texts) == ["f_inverter_2", "f", "F_INVERTER"]


@entity
def outer(a, b):
    """Around f."""
    return named(f(a, b), "f")


def test_reserved_words_are_those_of_all_standards():
    """One of each list, and what the entities' own names may not be."""
    assert {"assume_guarantee", "vmode", "tolerance", "inside", "matches", "endtask", "to_integer", "work"} <= RESERVED
    assert {"signed", "std_logic", "std_logic_vector", "rising_edge", "ieee", "std", "unsigned", "resize", "boolean", "limit"} <= RESERVED
    assert {"to_signed", "to_unsigned", "bit", "before"} <= RESERVED


DOCSTRINGS = {
    "One. Two.": "One.",
    "A word of sfix16_En15. And more": "A word of sfix16_En15.",
    "First\nline: second\n\nMore.": "First line: second.",
    "See :func:`held` and ``x``": "See held and x.",
    "": "",
}


@pytest.mark.parametrize(("docstring", "sentence"), DOCSTRINGS.items())
def test_the_first_sentence(docstring, sentence):
    assert first_sentence(docstring) == sentence


def test_sections_for_python_are_no_prose():
    assert prose("Does it.\n\nWell.\n\nParameters\n----------\nx : int") == "Does it.\n\nWell."


@inline
def reached(count, hit, limit):
    end_of_count = Constant(limit, "where it ends")

    @always_comb
    def compare():
        hit.next = count == end_of_count

    return compare


@entity
def counting(clk, reset, go, count, word, hit, both, most):
    """Counts, and says where it is."""
    states = enum("IDLE", "BUSY", "DONE")
    state = Signal(states.IDLE)
    last = Constant(most, "of the count")
    first = Constant(3, "value of a word")
    GO_BIT = Constant(2, "of a word: it goes on")
    held = Signal(intbv(0)[8:])
    hits = [bit() for _ in range(3)]

    @always(clk.posedge)
    def walk():
        if reset:
            state.next = states.IDLE
            held.next = first
        elif state == states.IDLE:
            if go and held[GO_BIT]:
                state.next = states.BUSY
        elif state == states.BUSY:
            if held == last:
                state.next = states.DONE
        elif held != 0:
            held.next = held + first

    @always_comb
    def choose():
        if held == first:
            word.next = 1
        elif held == last:
            word.next = 2
        else:
            word.next = 0

    @always_comb
    def show():
        count.next = held

    @always_comb
    def join():
        hit.next = hits[0] or hits[1]

    @always_comb
    def condition():
        both.next = (hits[0] and hits[1] and held == last) or (go and reset and state == states.IDLE) or (not hits[1] and held == first)

    return walk, choose, show, join, condition, reached(held, hits[0], 17), reached(held, hits[1], 18)


def test_numbers_that_a_process_has_a_name_for(silent):
    block = counting(bit(), bit(), bit(), Signal(intbv(0)[8:]), Signal(intbv(0)[2:]), bit(), bit(), 99)
    text = silent(written(block))["top"]
    for line in (
        "    constant last: natural := 99;  -- of the count\n    constant first: natural := 3;  -- value of a word\n"
        "    constant go_bit: natural := 2;  -- of a word: it goes on\n    constant end_of_count_0: natural := 17;  -- where it ends\n"
        "    constant end_of_count_1: natural := 18;  -- where it ends\n",
        "held <= to_unsigned(first, 8);",
        "if go = '1' and held(go_bit) = '1' then",
        "held <= held + first;",
        "            when last => word_value <= to_unsigned(2, 2);",
        "<= '1' when held = end_of_count_0 else '0';",
    ):
        assert line in text, (line, text)


def test_a_chain_over_states_is_a_case_whatever_stands_behind_it(silent):
    block = counting(bit(), bit(), bit(), Signal(intbv(0)[8:]), Signal(intbv(0)[2:]), bit(), bit(), 99)
    text = silent(written(block))["top"]
    assert "elsif state =" not in text
    assert "                    when others =>  -- DONE\n                        if held /= 0 then" in text


def test_a_long_condition_breaks_at_its_outermost_operator(silent):
    block = counting(bit(), bit(), bit(), Signal(intbv(0)[8:]), Signal(intbv(0)[2:]), bit(), bit(), 99)
    text = silent(written(block))["top"]
    found = text[text.index("    both <= ") :].split("\n")[:4]
    assert [line.split()[0] for line in found] == ["both", "or", "or", "'0';"]


def test_ports_stand_in_groups(silent):
    names = ("clk", "reset", "sink_valid", "sink_data", "in_valid", "in_ready", "word", "source_valid", "level", "mode")
    block = grouped(*(bit() for _ in names))
    ports = silent(written(block))["top"].partition("port (\n")[2].partition("\n    );")[0]
    groups = [[line.split(":")[0].strip() for line in group.splitlines()] for group in ports.split("\n\n")]
    assert groups == [["clk", "reset"], ["sink_valid", "sink_data"], ["in_valid", "in_ready", "word"], ["source_valid"], ["level", "mode"]]


@entity
def grouped(clk, reset, sink_valid, sink_data, in_valid, in_ready, word, source_valid, level, mode):
    """Passes on."""

    @always(clk.posedge)
    def move():
        source_valid.next = sink_valid and sink_data and in_valid and word and level and not reset
        in_ready.next = mode

    return move


def test_rows_have_a_remark_each():
    with pytest.raises(ValueError, match="2 words with 1 remarks"):
        Rows((1, 2), ("one",))
