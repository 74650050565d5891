"""A small pipeline in a folder of its own: one dataset, a star of two tables, one export."""

from __future__ import annotations

import json
from pathlib import Path

PIPELINE = """
name: visits
datasets:
  visits:
    source: {files: "visits*.csv"}
    clean:
      - drop_exact_duplicates
      - rename_to_snake_case
      - sentinels_to_null: {values: ["?"]}
      - cast_columns: {columns: {visit: bigint, cost: double}}
      - keep_latest: {keys: [visit], order_by: [cost]}
      - drop_rows: {rule: free_of_charge, where: "cost = 0"}
    suite: suites/visits.json
    tolerance: 0.5
star:
  dimensions:
    dim_town: {from: visits, key: town_key, natural_key: [town], suite: suites/dim_town.json}
  facts:
    fact_visit:
      from: visits
      grain: [visit]
      references: {town_key: {dimension: dim_town, on: {town: town}}}
      columns: [visit, cost, person]
      suite: suites/fact_visit.json
exports:
  dear:
    from: fact_visit
    join: {town_key: [town]}
    steps:
      - add_columns: {columns: {dear: "cast(cost > 5 as int)"}}
      - drop_rows: {rule: nobody, where: "person = 'p0'"}
    id: [visit]
    group: person
    label: dear
    splits: {train: 0.6, test: 0.4}
    seed: 3
    features: {numeric: [cost], categorical: [town]}
    fit:
      - fill_missing: {columns: {town: mode}}
    dashboard: {metric: dear, by: [town]}
"""

SUITES = {
    "visits": [
        ("expect_column_values_to_not_be_null", {"column": "visit"}),
        ("expect_column_values_to_be_between", {"column": "cost", "min_value": 0}),
        ("expect_column_values_to_be_unique", {"column": "visit"}),
    ],
    "dim_town": [("expect_column_values_to_be_unique", {"column": "town_key"})],
    "fact_visit": [("expect_column_values_to_not_be_null", {"column": "town_key"})],
}

ROWS = [
    "Visit,Person,Town,Cost",
    "1,p1,Rome,1.5",
    "2,p1,Oslo,0",  # dropped by the rule
    "3,p2,?,7",
    "4,p2,Rome,x",  # does not cast
    "5,p3,Bern,-3",  # fails the suite
    "6,p3,Oslo,8",
    "6,p3,Oslo,8",  # a duplicate
    "1,p1,Rome,1.0",  # superseded: the greatest cost is the latest
    "7,p4,Rome",  # ragged
    *(f"{n},p{n % 7},{('Rome', 'Oslo', 'Bern', '?')[n % 4]},{n % 9 + 0.5}" for n in range(10, 40)),
]


OWN = ("etl", "jobs", "conf", "quality")
"""Names that a project beside Headgate may have for packages of its own."""


def lay_out_packages(folder: Path) -> Path:
    """Write packages of those names, which nobody is to import, and give the folder."""
    for name in OWN:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise ImportError('the project has its own')\n")
    return folder


def lay_out(folder: Path, *, pipeline: str = PIPELINE, rows: list[str] | None = None) -> Path:
    """Write pipeline, suites and landing below `folder`; the pipeline's path is given back."""
    (folder / "suites").mkdir(parents=True, exist_ok=True)
    for name, rules in SUITES.items():
        expectations = [
            {"id": f"{name}-{n}", "type": kind, "kwargs": kwargs, "severity": "critical"}
            for n, (kind, kwargs) in enumerate(rules)
        ]
        suite = {"name": name, "expectations": expectations, "meta": {}}
        (folder / "suites" / f"{name}.json").write_text(json.dumps(suite))
    (folder / "landing").mkdir(exist_ok=True)
    (folder / "landing" / "visits.csv").write_text("\n".join(ROWS if rows is None else rows) + "\n")
    path = folder / "pipeline.yaml"
    path.write_text(pipeline)
    return path
