"""A person who composes a rule in the browser: reads, taps a part, fills its form in, applies."""

import re

from playwright.sync_api import Locator, Page, expect


class Composer:
    """The composer of one rule. ``at`` says in which block a step goes: its heading's words."""

    def __init__(self, page: Page, rules_url: str) -> None:
        self.page = page
        self.rules_url = rules_url

    def begin(self, name: str, about: str = "Customers", *, keeps: bool = False) -> None:
        """A new rule over a form; ``keeps``: it keeps a tag or value instead of acting."""
        page = self.page
        page.goto(f"{self.rules_url}/new")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Keep a tag up to date" if keeps else "Act step by step").check()
        page.get_by_label("It is about").select_option(about)
        page.get_by_role("button", name="Compose it").click()
        page.wait_for_url("**/compose")
        self._rest()

    def begin_report(self, name: str) -> None:
        """A new rule that sends reports: it is about no form."""
        page = self.page
        page.goto(f"{self.rules_url}/new")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Send a report regularly").check()
        page.get_by_role("button", name="Compose it").click()
        page.wait_for_url("**/compose")
        self._rest()

    def change(self, part: str, /, **answers: str) -> None:
        """Tap a part of the sentence and answer its questions."""
        self.page.get_by_role("link", name=part).first.click()
        self._rest()
        self.answer(**answers)

    def condition(self, kind: str, within: Locator | None = None, /, **answers: str) -> None:
        """Add a condition of this kind: to the rule, or inside a part of it."""
        self._menu("Add a condition", kind, within or self.region("Only for"))
        self.answer(**answers)

    def step(self, kind: str, within: Locator | None = None, /, **answers: str) -> None:
        """Add a step of this kind: at the end, or at the end of a block."""
        self._menu("Add a step", kind, within or self.region("Then"))
        self.answer(**answers)

    def value(self, field: str, within: Locator, /, **answers: str) -> None:
        """Fill in a field of the record that a step makes or changes."""
        self._menu("Fill in a field", field, within)
        self.answer(**answers)

    def answer(self, **answers: str) -> None:
        """Fill in the open form, question by question (underscores are spaces), and apply it."""
        form = self.page.locator(".chip-form")
        expect(form).to_have_count(1)
        for question, answer in answers.items():
            self._fill(form, question.replace("_", " "), answer)
        form.get_by_role("button", name="Apply").click()
        expect(form).to_have_count(0)
        self._rest()

    def region(self, name: str) -> Locator:
        """A part of the page by its heading."""
        return self.page.get_by_role("region", name=name)

    def step_at(self, words: str) -> Locator:
        """The innermost step that says these words."""
        steps = self.region("Then").get_by_role("listitem")
        return steps.filter(has=self.page.get_by_role("link", name=words)).last

    def block(self, step: Locator, heading: str) -> Locator:
        """One of the blocks of a step: what is done if something happens, if not, …"""
        title = self.page.get_by_role("heading", name=heading, exact=True)
        return step.locator(":scope > .rule-step-block").filter(has=title)

    def _fill(self, form: Locator, question: str, answer: str) -> None:
        asked = form.get_by_label(re.compile(rf"^{re.escape(question)}\s*\*?$"))
        control = asked.or_(form.get_by_role("group", name=question, exact=True)).first
        kind = control.evaluate("e => e.tagName + '.' + (e.type || '')").lower()
        if kind.startswith("select"):
            control.select_option(label=answer)
            self._rest()
        elif kind.startswith("fieldset"):
            for one in answer.split(", "):
                control.get_by_text(one, exact=True).first.click()
        else:
            control.fill(answer)

    def _menu(self, menu: str, item: str, within: Locator) -> None:
        within.get_by_text(menu, exact=True).last.click()
        self.page.get_by_role("menuitem", name=item, exact=True).locator("visible=true").click()
        self._rest()

    def _rest(self) -> None:
        """A person reads before pressing."""
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")
