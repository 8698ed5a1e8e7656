"""What every test gives back: numbers, where they come from, and what they allow one to say."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.trace import Table


def check_alpha(alpha: float) -> float:
    """A significance level. Raises ValueError outside (0, 1)."""
    if isinstance(alpha, bool) or not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1 (usually 0.05), got {alpha!r}")
    return float(alpha)


def check_choice(what: str, value: str, choices: tuple[str, ...]) -> str:
    """One of the named rules. Raises ValueError that lists them."""
    if value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}; got {value!r}")
    return value


def short(p: float) -> str:
    """A p-value as one writes it: .0127 as 0.0127, tiny ones as 4.5e-08."""
    return f"{p:.3g}"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Result:
    """One test done: statistic, p-value and how that was found, effect size, and words."""

    test: str
    symbol: str
    statistic: float
    p_value: float
    p_method: str
    effect_size: float
    effect_name: str
    null: str
    alternative: str
    assumptions: tuple[str, ...]
    table: Table

    def rejects(self, alpha: float = 0.05) -> bool:
        """True if the null hypothesis is rejected at level `alpha`."""
        return self.p_value <= check_alpha(alpha)

    def decision(self, alpha: float = 0.05) -> str:
        """The conclusion in words. Raises ValueError for alpha outside (0, 1)."""
        if self.rejects(alpha):
            return f"p = {short(self.p_value)} <= {alpha:g}: rejected. {self.alternative}"
        return (
            f"p = {short(self.p_value)} > {alpha:g}: not rejected. The data do not show a "
            "difference (which does not prove that there is none)."
        )

    def summary(self) -> Table:
        rows = [
            (self.symbol, self.statistic),
            ("p-value", self.p_value),
            ("p-value from", self.p_method),
            (self.effect_name, self.effect_size),
            ("null hypothesis", self.null),
            ("assumes", "; ".join(self.assumptions)),
            ("decision", self.decision()),
        ]
        return Table(["", self.test], rows)

    def __str__(self) -> str:
        return (
            f"{self.test}: {self.symbol} = {self.statistic:.6g}, p = {short(self.p_value)} "
            f"({self.p_method}), {self.effect_name} = {self.effect_size:.3g}. {self.decision()}"
        )

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"{self.table._repr_markdown_()}\n\n{self.summary()._repr_markdown_()}"
