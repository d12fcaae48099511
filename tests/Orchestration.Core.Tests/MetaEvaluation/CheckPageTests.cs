using Orchestration.Core.MetaEvaluation.Report;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.MetaEvaluation;

public sealed class CheckPageTests
{
    [Fact]
    public void Two_sections_of_one_check_are_told_apart_by_title_and_anchor()
    {
        var page = CheckPage.Of("t", [Section("On one file", "first"), Section("On one file", "second"), Section("On another", "third")], []);

        page.ShouldContain(">On one file (2)</h2>");
        Times(page, "id=\"judgebench-title\"").ShouldBe(1);
        Times(page, "id=\"judgebench-2-title\"").ShouldBe(1);
        page.ShouldNotContain("On another (");
        page.ShouldNotContain("On one file (3)");
    }

    [Fact]
    public void A_refusal_that_is_both_warning_and_headline_is_said_once_at_the_head_of_the_page()
    {
        var refused = Section("Refused", "It is NO GOOD.") with { Warnings = ["It is NO GOOD."] };
        var warned = Section("Warned", "It is 5.") with { Warnings = ["Labels are simulated."] };

        var page = CheckPage.Of("t", [refused, warned], []);

        // At the head of the page and at the head of its own section.
        Times(page, "It is NO GOOD.").ShouldBe(2);
        Times(page, "Labels are simulated.").ShouldBe(2);
        Times(page, "It is 5.").ShouldBe(1);
    }

    private static CheckSection Section(string title, string headline) => new() { Check = "judgebench", Title = title, Headline = headline };

    private static int Times(string page, string text) => page.Split(text).Length - 1;
}
