"""Tables in the repository that say who may do what, compared with what is found or written anew."""

import csv
import os
from pathlib import Path

FOLDER = Path(__file__).parent
REWRITE = "KOR_ACCESS_WRITE"


class AccessTable:
    """A table with one row for each key and one column for each role."""

    def __init__(self, name, keys):
        self.path = FOLDER / name
        self.keys = keys

    def check(self, roles, found):
        """Return what differs, each as a sentence; with the environment variable set, write the table instead.

        :param roles: the names of the columns
        :param found: cells by role, by tuple of keys
        """
        if os.environ.get(REWRITE):
            self._write(roles, found)
        expected = self._read()
        yield from self._check_rows(expected, found)
        for key in sorted(expected.keys() & found.keys()):
            yield from self._check_row(key, roles, expected[key], found[key])

    def _check_rows(self, expected, found):
        for key in sorted(found.keys() - expected.keys()):
            row = ",".join([*key, *found[key].values()])
            yield f"{self._name(key)} has no row in {self.path.name}. If this is what it should be, add: {row}"
        for key in sorted(expected.keys() - found.keys()):
            yield f"{self._name(key)} is gone: take its row out of {self.path.name}."

    def _check_row(self, key, roles, expected, found):
        for role in roles:
            if role not in expected:
                yield f"The role {role} has no column in {self.path.name}. Run the test with {REWRITE}=1."
            elif expected[role] != found[role]:
                yield (
                    f"{self._name(key)}, {role}: {self.path.name} says “{expected[role]}”, found is “{found[role]}”."
                )

    @staticmethod
    def _name(key):
        return ".".join(key)

    def _read(self):
        with self.path.open(newline="") as file:
            return {tuple(row.pop(key) for key in self.keys): row for row in csv.DictReader(file)}

    def _write(self, roles, found):
        with self.path.open("w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*self.keys, *roles])
            rows.writerows([*key, *(found[key][role] for role in roles)] for key in sorted(found))
