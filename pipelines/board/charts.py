"""Charts as Vega-Lite specifications (Altair), for the document and for the web, in one house style.

`trend_chart` and `bar_chart` draw what `Trend` and `Bars` say and return a specification with its data inside, without
title: the page around it gives that as text. `draw` turns specifications into SVG, without a browser or a network.
Lines differ by dash and width and marks by shape, so that a chart can be read in greyscale; a line is never smoothed
and never leads over a gap or a break.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import altair as alt

from pipelines.board.content import Bars, Table, Trend
from pipelines.board.house import ACCENT, BAR, DARK, FACES, INK, LIGHT, MIDDLE, WHITE
from pipelines.board.numbers import cell_text

Spec = dict[str, Any]


class Line(NamedTuple):
    """How a line looks: colour, dash (drawn, left out, in pixels) and width in pixels."""

    colour: str
    dash: tuple[int, int]
    width: float


LINES = {
    "Value": Line(DARK, (99, 0), 2.2),
    "Mean": Line(MIDDLE, (99, 0), 1.2),
    "Process limits": Line(MIDDLE, (4, 3), 1.2),
    "Target": Line(ACCENT, (9, 4), 2.0),
    "Break in the series": Line(INK, (2, 3), 1.4),
}
SHAPES = {
    "special_cause_improvement": ("Improvement", "triangle-up"),
    "special_cause_concern": ("Concern", "diamond"),
    "special_cause_neutral_high": ("Runs high", "square"),
    "special_cause_neutral_low": ("Runs low", "triangle-down"),
}
MANY = 24
"""A line of more points has no marks of its own."""
TICKS = 9


def trend_chart(trend: Trend, table: Table, width: int, height: int) -> Spec:
    """The line chart of a page over the rows of its table; the plot has this size in pixels."""
    days: list[Any] = [cell.value for cell in table.column(trend.x)]
    columns = {"Value": ("value",), "Mean": ("mean",), "Process limits": ("lpl", "upl"), "Target": ("target",)}
    runs = {"Value": trend.values, "Mean": trend.limits, "Process limits": trend.limits, "Target": trend.targets}
    points: list[dict[str, Any]] = [
        {"day": _day(days[row]), "number": table.column(column)[row].value, "line": line, "run": f"{column}{at}"}
        for line, names in columns.items()
        for column in names
        for at, run in enumerate(runs[line])
        for row in range(run.first, run.last + 1)
    ]
    breaks: list[dict[str, Any]] = [
        {"day": _day(days[entry.row]), "line": "Break in the series"} for entry in trend.breaks
    ]
    drawn = [name for name in LINES if name in {point["line"] for point in (*points, *breaks)}]
    styles = [LINES[name] for name in drawn]
    first = next((cell for cell in table.column("value") if cell.marker is None), None)
    unit = first.unit if first else None
    x = alt.X(
        "day:T",
        title=trend.x_title,
        scale=alt.Scale(type="utc", nice=False, padding=12),
        axis=alt.Axis(format="%b %Y", values=_ticks(days, trend.x == "ends_on"), grid=False),
    )
    y = alt.Y(
        "number:Q",
        title=trend.y_title,
        scale=alt.Scale(zero=trend.from_zero, nice=True),
        axis=alt.Axis(
            tickCount=5,
            labelExpr=f"{json.dumps(unit.prefix)} + datum.label + {json.dumps(unit.suffix if unit.suffix == ' %' else '')}"
            if unit
            else "datum.label",
        ),
    )
    # one line needs no key: the title over the chart names it
    legend = alt.Legend(title=None, orient="bottom", symbolType="stroke", symbolSize=500) if len(drawn) > 1 else None

    def by_line(looks: list[Any]) -> dict[str, Any]:
        return {"scale": alt.Scale(type="ordinal", domain=drawn, range=looks), "legend": legend}

    lines: dict[str, Any] = {
        "color": alt.Color("line:N", **by_line([f"#{style.colour}" for style in styles])),
        "strokeDash": alt.StrokeDash("line:N", **by_line([list(style.dash) for style in styles])),
        "strokeWidth": alt.StrokeWidth("line:N", **by_line([style.width for style in styles])),
    }
    layers: list[Any] = []
    if breaks:
        layers.append(alt.Chart(alt.InlineData(values=breaks)).mark_rule().encode(x=x, **lines))
    layers.append(
        alt.Chart(alt.InlineData(values=points))
        .mark_line(interpolate="linear")
        .encode(x=x, y=y, detail="run:N", **lines)
    )
    values = [point for point in points if point["line"] == "Value"]
    # a run of one row is no line
    alone = {f"value{at}" for at, run in enumerate(trend.values) if run.first == run.last}
    dots = [point for point in values if len(values) <= MANY or point["run"] in alone]
    if dots:
        layers.append(
            alt.Chart(alt.InlineData(values=dots))
            .mark_point(shape="circle", size=28, filled=True, opacity=1, color=f"#{DARK}")
            .encode(x=x, y=y)
        )
    signals = [
        {
            "day": _day(days[signal.row]),
            "number": table.column("value")[signal.row].value,
            "mark": SHAPES[signal.code][0],
        }
        for signal in trend.signals
    ]
    if signals:
        shapes = {word: shape for word, shape in SHAPES.values() if word in {signal["mark"] for signal in signals}}
        layers.append(
            alt.Chart(alt.InlineData(values=signals))
            .mark_point(size=60, filled=True, opacity=1, color=f"#{DARK}", stroke=f"#{WHITE}", strokeWidth=0.6)
            .encode(
                x=x,
                y=y,
                shape=alt.Shape(
                    "mark:N",
                    scale=alt.Scale(domain=list(shapes), range=list(shapes.values())),
                    legend=alt.Legend(title=None, orient="bottom", symbolFillColor=f"#{DARK}", symbolSize=70),
                ),
            )
        )
    return _spec(alt.layer(*layers), trend.alt, width, height)


def bar_chart(bars: Bars, table: Table, width: int, height: int) -> Spec:
    """The similar forces as bars with their intervals; `table` is that with the id `bars.table_id`."""
    names = ("force_name", "value", "ci_low", "ci_high")
    rows = [
        {"own": place == bars.own, "label": cell_text(table.column("value")[place])}
        | {name: table.column(name)[place].value for name in names}
        for place in range(bars.run.first, bars.run.last + 1)
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y(
            "force_name:N",
            title=None,
            sort=[str(row["force_name"]) for row in rows],
            axis=alt.Axis(labelLimit=170, domain=False, ticks=False),
        )
    )
    x = alt.X("value:Q", title=bars.x_title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5, grid=True))
    there = alt.datum.ci_low != None  # noqa: E711  an expression of Vega, and no comparison of Python
    layers = [
        base.mark_bar(height={"band": 0.7}).encode(
            x=x, color=alt.condition(alt.datum.own, alt.value(f"#{DARK}"), alt.value(f"#{BAR}"))
        ),
        base.transform_filter(there).mark_rule(color=f"#{WHITE}", strokeWidth=3).encode(x="ci_low:Q", x2="ci_high:Q"),
        base.transform_filter(there).mark_rule(color=f"#{INK}", strokeWidth=1.4).encode(x="ci_low:Q", x2="ci_high:Q"),
        base.mark_text(align="left", dx=5, fontSize=11).encode(
            x=alt.datum(0),
            text="label:N",
            color=alt.condition(alt.datum.own, alt.value(f"#{WHITE}"), alt.value(f"#{INK}")),
        ),
    ]
    return _spec(alt.layer(*layers), bars.alt, width, height)


def draw(specs: Iterable[Spec]) -> list[str]:
    """The specifications as SVG, in their order."""
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return [vl_convert.vegalite_to_svg(spec, vl_version=version) for spec in specs]


def _spec(chart: Any, description: str, width: int, height: int) -> Spec:
    made: Spec = (
        chart.properties(width=width, height=height, description=description, background=f"#{WHITE}")
        .configure(font=", ".join(FACES), padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            labelColor=f"#{INK}",
            titleColor=f"#{INK}",
            domainColor=f"#{MIDDLE}",
            tickColor=f"#{MIDDLE}",
            gridColor=f"#{LIGHT}",
            gridWidth=0.6,
        )
        # above the axis and level, so that nobody has to turn the head
        .configure_axisY(
            titleAngle=0, titleAlign="left", titleAnchor="end", titleBaseline="bottom", titleX=0, titleY=-8
        )
        .configure_legend(labelFontSize=11, labelColor=f"#{INK}", labelLimit=0, direction="horizontal")
        .to_dict()
    )
    return made


def _day(day: dt.date) -> str:
    # a day alone is a moment of UTC to Vega
    return f"{day:%Y-%m-%d}"


def _ticks(days: list[Any], at_ends: bool) -> list[str]:
    """Days of the axis to be labelled: every so many months, counted from January, and each the day of a row."""
    found = [day for day in days if isinstance(day, dt.date)]
    for step in (1, 2, 3, 6, 12, 24, 60):
        kept = [day for day in found if (day.year * 12 + day.month - (0 if at_ends else 1)) % step == 0]
        if len(kept) <= TICKS and (kept or step > 1):
            break
    return [_day(day) for day in kept or found[:1]]
