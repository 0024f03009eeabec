"""Tell what became of each event of one call."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """Collect how many events of a call were counted, how many were known, and why others were refused."""

    accepted: int = 0
    duplicate: int = 0
    rejected: list[dict] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)

    def refuse(self, position: int, key: str, reason: object) -> None:
        """Note that the event at this position is not counted."""
        self.rejected.append({"index": position, "id": key, "reason": str(reason)})

    def is_repeated(self, partner_id: int, key: str) -> bool:
        """Tell whether this call has had this id of this customer already, and count the duplicate."""
        if (partner_id, key) in self.seen:
            self.duplicate += 1
            return True
        self.seen.add((partner_id, key))
        return False

    def as_dict(self) -> dict:
        """Return the answer as plain JSON."""
        rejected = sorted(self.rejected, key=lambda refused: refused["index"])
        return {"accepted": self.accepted, "duplicate": self.duplicate, "rejected": rejected}
