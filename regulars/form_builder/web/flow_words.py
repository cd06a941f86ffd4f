"""Ways and approvals as sentences in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.flow.definition import Approval, Signer, State, Transition, Who
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.logic.words import Sayer
from regulars.platform import i18n
from regulars.platform.accounts.web.role_words import role_name


@dataclass(frozen=True)
class FlowSayer:
    """Says the states of one form; ``say`` says its conditions."""

    say: Sayer

    @property
    def form(self) -> FormDefinition:
        """The form as it is drafted."""
        return self.say.form

    def way(self, way: Transition) -> str:
        """“From Asked to Agreed: Manager”."""
        return self._say("way", before=self._states(way.origins), after=self._states([way.to]),
                         who=self.who(way.who))  # fmt: skip

    def asks(self, way: Transition) -> Iterator[str]:
        """What a way asks for besides."""
        if way.when is not None:
            yield self._say("asks-when", words=self.say.condition(way.when))
        if way.require:
            yield self._say("asks-fields", fields=self._fields(way.require))
        if way.comment:
            yield self._say("asks-comment")

    def who(self, who: Who) -> str:
        """Whoever fits any part, joined by “or”."""
        if who.is_everybody:
            return self._say("who-everybody")
        parts = [role_name(each) for each in who.roles]
        parts += [self._say("who-field", field=self._fields([each])) for each in who.fields]
        parts += [self._say("who-owner")] if who.owner else []
        parts += [self._say("who-manager")] if who.manager else []
        parts += [self._say("who-rules")] if who.rules else []
        return self._either(parts)

    def approval(self, approval: Approval) -> Iterator[str]:
        """Who signs, where that leads, and what happens without an answer."""
        signers = [self.signer(each) for each in approval.signers]
        said = self._joined(signers)
        yield self._say(f"signed-{approval.needs.replace('_', '-')}", who=said)
        yield self._say("leads", approved=self._states([approval.approved]),
                        returned=self._states(approval.returned))  # fmt: skip
        if approval.due is not None:
            length = i18n.translate(f"flow.n-{approval.due['unit']}", self.say.locale,
                                    n=approval.due["n"])  # fmt: skip
            after = self.signer(approval.escalate) if approval.escalate else ""
            kind = "due-then" if after else "due"
            yield self._say(kind, length=length, who=after)
        if approval.four_eyes:
            yield self._say("four-eyes-said")

    def signer(self, signer: Signer) -> str:
        """One signer."""
        if signer.kind == "role":
            return role_name(signer.name)
        if signer.kind == "manager":
            return self._say("who-manager")
        return self._say("who-field", field=self._fields([signer.name]))

    def locks(self, state: State) -> str:
        """What cannot be edited in a state."""
        if state.locked:
            return self._say("locks-all")
        if not state.read_only:
            return ""
        return self._say("locks-some", fields=self._fields(sorted(state.read_only)))

    def _states(self, values: Iterable[str]) -> str:
        names = [i18n.pick(state_name(self.form, each), self.say.locale) for each in values]
        return self._joined([i18n.translate("forms.logic.name", self.say.locale, name=each)
                             for each in names])  # fmt: skip

    def _fields(self, keys: Iterable[str]) -> str:
        found = [(key, self.form.find(key)) for key in keys]
        names = [i18n.pick(f.name, self.say.locale) if f else key for key, f in found]
        return self._joined(names)

    def _joined(self, words: list[str]) -> str:
        return str(i18n.spoken(words, self.say.locale))

    def _either(self, words: list[str]) -> str:
        return self._say("or").join(words)

    def _say(self, kind: str, **words: object) -> str:
        return i18n.translate(f"flow.{kind}", self.say.locale, **words)
