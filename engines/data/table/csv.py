"""The data set that a person uploads: a CSV file of which some columns are to be predicted from the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from engines.data.dataset import Dataset, Examples
from engines.data.table.target import check_names, read_target, refuse
from engines.data.table.uploads import STORED_NAME, stored_table

if TYPE_CHECKING:
    from engines.data.table.reading import Table

Name = Annotated[str, Field(min_length=1, max_length=200)]


def _several(value: Any) -> Any:
    """One name may be written without a list."""
    return ((value,) if value else ()) if isinstance(value, str) else value


def _stored(name: str) -> str:
    """A stored name leads nowhere but into the uploads."""
    if name and not re.fullmatch(STORED_NAME, name):
        raise ValueError("must be the stored name of an upload, such as people-0123456789abcdef.csv")
    return name


Stored = Annotated[str, AfterValidator(_stored)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_several)]


class Csv(Dataset):
    """A table of your own: upload a CSV file, say which column to predict, and the rest is read from it."""

    title: ClassVar = "CSV file"
    category: ClassVar = "Your own"
    icon: ClassVar = "upload_file"
    ready: ClassVar = False
    file: Stored = Field("", description="The uploaded table")
    target: Names = Field(
        (), description="The column to predict, several for multi-label; the last one if empty"
    )
    ignore: Names = Field((), description="Columns to leave out, such as row numbers and names")
    task: Literal["auto", "classification", "regression", "multi-label"] = Field(
        "auto",
        description="What to predict: one class, a number, or several labels; auto looks at the target",
    )

    def load(self) -> Examples:
        """The rows that have a target, from the workspace's uploads."""
        from engines.workspace import Workspace

        if not self.file:
            refuse("file", "is empty", "Upload a CSV file first.", "")
        return self.examples(stored_table(self.file, Workspace().uploads))

    def examples(self, table: Table) -> Examples:
        """The examples in a table that was read already.

        Raises:
            BadValue: a name is not a column's, or the target does not suit the task.
        """
        targets = self.target or table.names[-1:]
        check_names(table, "target", targets)
        check_names(table, "ignore", self.ignore)
        if both := set(targets) & set(self.ignore):
            refuse("ignore", f"names the target {min(both)!r}", "Take it out of one of the two.", min(both))
        names = [name for name in table.names if name not in targets and name not in self.ignore]
        if not names:
            refuse(
                "target", "leaves no column to learn from", "Check how the columns are separated.", targets
            )
        target = read_target(table, targets, None if self.task == "auto" else self.task)
        schema = tuple(table[name] for name in names)
        return Examples(
            inputs=table.frame[names].iloc[target.rows].reset_index(drop=True),
            targets=target.values,
            task=target.task,
            classes=target.classes,
            columns=tuple(names),
            target=targets,
            schema=schema,
            notes=(*table.notes, *target.notes, *(f"{c.name!r}: {c.note}" for c in schema if c.note)),
        )
