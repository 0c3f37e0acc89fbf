import ast
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnstudio.errors import ExpressionError, NNStudioError
from nnstudio.expressions import CONSTANTS, FUNCTIONS, MAX_LENGTH, parse
from nnstudio.expressions.syntax import MAX_DEPTH
from tests.expressions.oracle import texts


def parsed(text, variables=("x", "y")):
    try:
        return parse(text, variables)
    except ExpressionError as error:
        # Numbers alone may come to more than a number can hold.
        assume("cannot be computed" not in str(error))
        raise


@given(texts(("x", "y")))
def test_what_is_written_is_read_again_as_the_same_formula(text):
    expression = parsed(text)
    assert parse(str(expression), ("x", "y")) == expression
    assert str(parse(str(expression), ("x", "y"))) == str(expression)


@given(texts())
def test_formulas_bind_as_in_python(text):
    assert ast.dump(_numbers_alike(str(parsed(text)))) == ast.dump(_numbers_alike(text))


def _numbers_alike(text):
    tree = ast.parse(text.strip(), mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = float(node.value)
    return tree


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("-x**2", "-x ** 2"),
        ("(-x)**2", "(-x) ** 2"),
        ("2**-x", "2 ** -x"),
        ("x**2**x", "x ** 2 ** x"),
        ("(x**2)**x", "(x ** 2) ** x"),
        ("x-(x-1)", "x - (x - 1)"),
        ("(x-x)-1", "x - x - 1"),
        ("x/(x*2)", "x / (x * 2)"),
        ("-(x*2)", "-(x * 2)"),
        ("+x", "x"),
        ("x--x", "x - -x"),
        (" \t x\n", "x"),
        ("1e3 + 1.50 + 1e300", "1000 + 1.5 + 1e+300"),
        ("where(0<x<=1, x, max(x,1,2))", "where(0 < x <= 1, x, max(x, 1, 2))"),
    ],
)
def test_formulas_are_written_plainly(text, written):
    assert str(parse(text)) == written


def test_spaces_and_needless_parentheses_make_no_difference():
    assert parse("x*tanh( x )") == parse("((x)) * tanh(x)")
    assert parse("x") != parse("x", ("x", "y"))
    assert hash(parse("x+1")) == hash(parse("x + 1.0"))


def test_variables_have_any_name_that_is_one_word():
    assert str(parse("sepal_length * größe", ("sepal_length", "größe"))) == "sepal_length * größe"
    assert parse("b + a", ("a", "b", "c")).used_variables == ("a", "b")


@pytest.mark.parametrize("name", ["exp", "pi", "a b", "", "2a", "x.y"])
def test_a_variable_cannot_be_called_what_means_something_else(name):
    with pytest.raises(ExpressionError, match="cannot be the name of a variable"):
        parse("1", (name,))


@pytest.mark.parametrize(
    ("text", "start", "end", "says"),
    [
        ("", 0, 0, "empty"),
        ("  ", 0, 0, "empty"),
        ("y + 1", 0, 1, "There are x, pi, e"),
        ("1 + tanhh(x)", 4, 9, "Did you mean tanh?"),
        ("Exp(x)", 0, 3, "Did you mean exp?"),
        ("ln(x)", 0, 2, r"Write log\(x\)"),
        ("relu(x)", 0, 4, r"Write max\(x, 0\)"),
        ("2x", 1, 2, r"no operator before “x”.*write \*"),
        ("3(x)", 1, 2, "no operator"),
        ("x(2)", 0, 1, r"x is not a function.*x \* \(…\)"),
        ("exp", 0, 3, r"exp is a function.*Write exp\(x\)"),
        ("exp()", 0, 5, "takes 1 argument, not 0"),
        ("exp(x, x)", 0, 9, "takes 1 argument, not 2"),
        ("max(x)", 0, 6, "at least 2 arguments, not 1"),
        ("where(x > 0, 1)", 0, 15, "takes 3 arguments, not 2"),
        ("where(x, 1, 2)", 6, 7, "begins with a comparison"),
        ("x > 0", 0, 5, "where"),
        ("1 + (x > 0)", 5, 10, "gives no number"),
        ("-(x > 0)", 2, 7, "gives no number"),
        ("+(x > 0)", 0, 8, "gives no number"),
        ("(x", 0, 1, "never closed"),
        ("exp(x", 3, 4, "never closed"),
        ("x)", 1, 2, "closes nothing"),
        ("x *", 3, 3, "ends too early"),
        ("* x", 0, 1, "missing before"),
        ("()", 1, 2, "missing before"),
        ("0,5 * x", 1, 2, "point in numbers"),
        ("x ^ 2", 2, 3, r"Write \*\* for a power"),
        ("x²", 1, 2, r"Write \*\* for a power"),
        ("x = 1", 2, 3, "=="),
        ("x if x > 0 else 1", 2, 4, "where"),
        ("x and 1", 2, 5, "where"),
        ("9 ** 9 ** 9", 0, 11, "cannot be computed"),
        ("x + 1 / 0", 4, 9, "cannot be computed"),
        ("log(-1)", 0, 7, "cannot be computed"),
        ("x * 1e999", 4, 9, "too large"),
        ("().__class__", 2, 3, "has no meaning"),
        ("x.real", 1, 2, "by their name alone"),
        ("__import__('os')", 11, 12, "has no meaning"),
        ("lambda: x", 6, 7, "has no meaning"),
        ("[x]", 0, 1, "parentheses"),
        ("x; x", 1, 2, "has no meaning"),
        ("x\x00", 1, 2, "has no meaning"),
    ],
)
def test_a_fault_is_named_with_its_place_and_a_way_out(text, start, end, says):
    with pytest.raises(ExpressionError, match=says) as caught:
        parse(text)
    assert (caught.value.start, caught.value.end) == (start, end)
    assert isinstance(caught.value, NNStudioError)
    if text.strip():
        assert f"(character {start + 1})" in str(caught.value)


def test_every_function_is_called_as_its_usage_says():
    for name, function in FUNCTIONS.items():
        assert function.usage.startswith(f"{name}(")
        assert function.description
        parse(function.usage, ("x", "a", "b"))


HOSTILE = {
    "long": "x+" * 500_000 + "x",
    "long number": "9" * 1_000_000,
    "parentheses": "(" * 400 + "x" + ")" * 400,
    "signs": "-" * 900 + "x",
    "powers": "x**" * 300 + "x",
    "calls": "exp(" * 200 + "x" + ")" * 200,
    "tower": "9**9**9**9**9**9",
    "digits": "9" * 900,
    "exponent": "1e" + "9" * 900,
    "unclosed": "(" * 900,
    "word": "a" * 900,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_at_once(name):
    begin = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        parse(HOSTILE[name])
    # Bounds what a length or depth beyond all reason may cost; usual is less than a thousandth of it.
    assert time.process_time() - begin < 1.0
    assert len(str(caught.value)) < 400


def test_the_longest_formulas_that_are_allowed_can_be_read():
    text = "+".join(["x"] * (MAX_LENGTH // 2))
    assert float(parse(text).value(2.0)) == MAX_LENGTH
    nested = "(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH
    assert str(parse(nested)) == "x"


@pytest.mark.parametrize("text", [None, 3, b"x"])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(ExpressionError, match="is a text"):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text):
    try:
        expression = parse(text)
    except ExpressionError as error:
        fault = error
    else:
        assert parse(str(expression)) == expression
        return
    assert 0 <= fault.start <= fault.end <= len(text)


@given(st.text(alphabet="x.0123e+-*/()<>=, wherabslogpixmt", max_size=40))
def test_texts_of_legal_characters_are_read_or_refused_without_another_error(text):
    try:
        parse(text).latex()
    except ExpressionError as error:
        fault = error
    else:
        return
    assert 0 <= fault.start <= fault.end <= len(text)


def test_constants_are_known():
    assert [float(parse(name).value(0.0)) for name in CONSTANTS] == list(CONSTANTS.values())


def test_latex_is_written_as_mathematics():
    assert parse("1 / (1 + exp(-x))").latex() == r"\frac{1}{1 + e^{-x}}"
    assert parse("x * tanh(x)").latex({"x": "z"}) == r"z \, \tanh\left(z\right)"
    assert parse("x * 2 - (x - 3e-20)").latex() == r"x \cdot 2 - \left(x - 3 \cdot 10^{-20}\right)"
    assert parse("where(x >= 0, sqrt(x), abs(x)) ** pi").latex() == (
        r"\left(\begin{cases} \sqrt{x} & \text{if } x \ge 0 \\ \left|x\right| & \text{else} \end{cases}"
        r"\right)^{\pi}"
    )
    assert parse("-(-x) + -log(a_b)", ("x", "a_b")).latex() == (
        r"-\left(-x\right) + \left(-\ln\left(\mathrm{a\_b}\right)\right)"
    )
    assert parse("(x / 2) ** 2 * max(x, 1, e)").latex() == (
        r"\left(\frac{x}{2}\right)^{2} \, \max\left(x, 1, e\right)"
    )
