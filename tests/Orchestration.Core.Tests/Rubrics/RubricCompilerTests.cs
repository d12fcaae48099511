using System.Text.Json.Nodes;
using Orchestration.Core.Judging;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricCompilerTests
{
    [Fact]
    public void A_checklist_becomes_criteria_with_points_evidence_and_conditions()
    {
        var bundle = ChecklistSamples.Bundle();

        bundle.Id.ShouldBe("support-reply-checklist");
        bundle.ReplyForm.ShouldBe(ReplyForm.Checklist);
        bundle.Reference.ShouldBe(MaterialUse.Optional);
        bundle.Context.ShouldBe(MaterialUse.Optional);
        bundle.Dimensions.ShouldHaveSingleItem().Scale.ShouldBe(Scale.Unit);
        var checklist = bundle.Checklist.ShouldNotBeNull();
        checklist.Points.ShouldBe(4.5m);
        checklist.SourceId.ShouldBe("support-reply");
        checklist.Criteria.Select(c => (c.Id, c.Points, c.NeedsQuote)).ShouldBe([("greets", 1m, true), ("names-policy", 2m, true), ("no-promise", 0.5m, false), ("says-when", 1m, true)]);
        checklist.Criteria[1].Text.ShouldBe("The answer names the clause that it relies on.\nIt quotes it, too.");
        checklist.Criteria[3].Conditions.Select(c => c.Text).ShouldBe(["category is refunds, returns", "prompt does not match (?i)already refunded"]);
        bundle.Text.ShouldBe("The answer replies to a customer.\n\n## Notes for reviewers\n\nAsk the help desk before changing this.\n");
    }

    [Fact]
    public void The_same_rubric_gives_the_same_bytes_however_it_was_typed()
    {
        var typed = ChecklistSamples.Source.Replace("\n", "  \r\n", StringComparison.Ordinal).Replace("  \r\n---", "\n---", StringComparison.Ordinal).Replace("---  \r", "---\r", StringComparison.Ordinal);

        RubricFile.Write(ChecklistSamples.Bundle(typed)).ShouldBe(RubricFile.Write(ChecklistSamples.Bundle()));
    }

    [Fact]
    public void A_bundle_s_version_does_not_change_between_releases_unnoticed() =>
        ChecklistSamples.Bundle().Version.ShouldBe("48a6d26f5d0eb7d562ecaac5ef1104d3638d539a2a20643dc7e382ba8e88ebb2");

    [Fact]
    public void A_bundle_reads_back_to_the_same_version_and_is_a_rubric_of_its_folder()
    {
        var bundle = ChecklistSamples.Bundle();
        var again = RubricFile.Parse("x.bundle.json", RubricFile.Write(bundle));
        again.Version.ShouldBe(bundle.Version);
        again.Checklist!.Criteria.Select(c => (c.Id, c.Text, c.Points, c.NeedsQuote)).ShouldBe(bundle.Checklist!.Criteria.Select(c => (c.Id, c.Text, c.Points, c.NeedsQuote)));
        again.Checklist.Criteria[3].Conditions.ShouldBe(bundle.Checklist.Criteria[3].Conditions);
        RubricFile.Write(again).ShouldBe(RubricFile.Write(bundle));

        using var folder = new TemporaryFolder();
        folder.Write("support-reply.md", ChecklistSamples.Source);
        folder.Write("support-reply-checklist.bundle.json", RubricFile.Write(bundle));
        var library = RubricLibrary.Load(folder.Path);
        library.Rubrics.Select(r => r.Id).ShouldBe(["support-reply", "support-reply-checklist"]);
        RubricLock.Of(library).Entries["support-reply-checklist"].ShouldBe(new RubricLockEntry("support-reply-checklist.bundle.json", bundle.Version, "Reply of a help desk"));
    }

    [Theory]
    [InlineData("The answer greets the customer.", "The answer greets nobody.")]
    [InlineData("\"points\": 2", "\"points\": 20")]
    [InlineData("\"evidence\": \"quote\"", "\"evidence\": \"none\"")]
    [InlineData("\"has context\"", "\"no context\"")]
    [InlineData("\"reference\": \"optional\"", "\"reference\": \"never\"")]
    [InlineData("\"max\": 1,", "\"max\": 2,")]
    public void An_edited_bundle_is_refused(string from, string to)
    {
        var text = RubricFile.Write(ChecklistSamples.Bundle());
        text.ShouldContain(from);

        var fault = Should.Throw<OrchestrationException>(() => RubricFile.Parse("x.bundle.json", text.Replace(from, to, StringComparison.Ordinal)));

        fault.Code.ShouldBe(ErrorCodes.Rubric);
        fault.Message.ShouldStartWith("x.bundle.json:1: the bundle was changed after it was compiled");
        fault.Message.ShouldContain("orchestrate rubric compile");
    }

    [Theory]
    [InlineData("bundle")]
    [InlineData("version")]
    [InlineData("criteria")]
    [InlineData("compiled_from")]
    [InlineData("scale")]
    public void A_bundle_without_a_member_or_with_one_too_many_is_refused(string member)
    {
        var text = RubricFile.Write(ChecklistSamples.Bundle());
        var less = JsonNode.Parse(text)!.AsObject();
        less.Remove(member);
        Should.Throw<OrchestrationException>(() => RubricFile.Parse("x", less.ToJsonString())).Message.ShouldContain($"has no '{member}'");
        foreach (var wrong in (JsonNode?[])[null, 7.5, "?", new JsonArray(), new JsonObject()])
        {
            var other = JsonNode.Parse(text)!.AsObject();
            other[member] = wrong?.DeepClone();
            Should.Throw<OrchestrationException>(() => RubricFile.Parse("x", other.ToJsonString())).Code.ShouldBe(ErrorCodes.Rubric);
        }

        Should.Throw<OrchestrationException>(() => RubricFile.Parse("x", text.Replace("\"bundle\": 1,", "\"bundle\": 1, \"extra\": 1,", StringComparison.Ordinal))).Message.ShouldContain("unknown member 'extra'");
        Should.Throw<OrchestrationException>(() => RubricFile.Parse("x", text[..^9])).Message.ShouldContain("not well-formed JSON");
    }

    [Fact]
    public void Bands_and_caps_are_left_out_and_a_changed_band_changes_no_bundle()
    {
        const string Extra = "## Checklist\n\n### yes\nIt says yes.\n";
        var compiled = RubricCompiler.Compile("tiny.md", RubricSamples.Tiny + "\n" + Extra);
        compiled.LeftOut.ShouldBe(["Bands", "Caps"]);
        compiled.Bundle.Text.ShouldBe("");
        var other = RubricCompiler.Compile("tiny.md", RubricSamples.Tiny.Replace("No.", "Never.", StringComparison.Ordinal) + "\n" + Extra).Bundle;
        other.Version.ShouldBe(compiled.Bundle.Version);
        other.Checklist!.SourceVersion.ShouldNotBe(compiled.Bundle.Checklist!.SourceVersion);
    }

    [Fact]
    public void A_rubric_without_criteria_is_named_with_its_line()
    {
        Should.Throw<OrchestrationException>(() => RubricCompiler.Compile("tiny.md", RubricSamples.Tiny)).Message
            .ShouldBe("tiny.md:16: there are no criteria to compile: add a section '## Checklist' with '### criterion-id' for each criterion and its text below.");
        Should.Throw<OrchestrationException>(() => RubricCompiler.Compile("c.md", RubricSamples.Comparison)).Message.ShouldContain("a comparison has no checklist");
        Should.Throw<OrchestrationException>(() => RubricCompiler.Compile("x", RubricFile.Write(ChecklistSamples.Bundle()))).Message.ShouldContain("this is a bundle already");
        foreach (var shipped in RubricLibrary.Builtin.Rubrics)
            Should.Throw<OrchestrationException>(() => RubricCompiler.Compile(shipped.File, RubricFile.Write(shipped))).Code.ShouldBe(ErrorCodes.Rubric);
    }

    [Theory]
    [InlineData("- points: 2", "- points: 0", 19, "write a number above 0")]
    [InlineData("- points: 2", "- points: 1e3", 19, "write a number above 0")]
    [InlineData("- points: 2", "- points: 2\n- points: 3", 20, "stands twice")]
    [InlineData("- points: 2", "- weight: 2", 19, "states points, evidence and when")]
    [InlineData("- evidence: none", "- evidence: maybe", 27, "write quote, or none")]
    [InlineData("- when: has context", "- when: has money", 20, "is no condition")]
    [InlineData("- when: has context", "- when: answer matches yes", 20, "could then be written so that")]
    [InlineData("(?i)already refunded", "(a", 35, "is no pattern that can be used here")]
    [InlineData("(?i)already refunded", "(?=a)", 35, "no lookarounds")]
    [InlineData("### greets", "### Greets", 14, "lower case words")]
    [InlineData("### greets", "### names-policy", 17, "stands twice")]
    [InlineData("### greets", "#### greets", 14, "every heading is a criterion")]
    [InlineData("The answer greets the customer.\n", "", 14, "has no text")]
    [InlineData("context: optional\n", "", 19, "add 'context: optional'")]
    [InlineData("reference: optional", "needs-reference: false\nreference: optional", 6, "say the same thing")]
    [InlineData("reference: optional", "reference: sometimes", 6, "never, optional, required")]
    [InlineData("reply: checklist", "reply: checklist\ndimensions: [{name: a, min: 0, max: 1, step: 1, direction: higher-is-better}]", 6, "takes no 'dimensions'")]
    public void A_fault_is_named_with_its_line_and_cure(string from, string to, int line, string message)
    {
        ChecklistSamples.Source.ShouldContain(from);

        var fault = Should.Throw<OrchestrationException>(() => ChecklistSamples.Bundle(ChecklistSamples.Source.Replace(from, to, StringComparison.Ordinal)));

        fault.Code.ShouldBe(ErrorCodes.Rubric);
        fault.Message.ShouldStartWith($"support-reply.md:{line}: ");
        fault.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("has reference", true, false)]
    [InlineData("no reference", false, true)]
    [InlineData("has context", true, false)]
    [InlineData("no context", false, true)]
    [InlineData("category is x, refunds", true, false)]
    [InlineData("category is not refunds", false, true)]
    [InlineData("prompt matches ^Where", true, false)]
    [InlineData("prompt does not match money", false, true)]
    [InlineData("context matches (?i)CLAUSE", true, false)]
    [InlineData("context does not match Clause", false, true)]
    [InlineData("category matches ^ref", true, false)]
    public void A_condition_looks_at_the_pair_s_fields(string text, bool ofFull, bool ofBare)
    {
        var condition = CriterionCondition.Parse(text, out var fault).ShouldNotBeNull(fault);
        condition.Holds(new PairFacts("Where is my money?", "r", "Clause 3", "refunds")).ShouldBe(ofFull);
        condition.Holds(new PairFacts("Hello", null, null, null)).ShouldBe(ofBare);
        CriterionCondition.Parse(condition.Text, out _).ShouldBe(condition);
    }

    [Fact]
    public void Optional_references_and_contexts_are_in_the_version_only_where_they_are_set()
    {
        static Rubric With(string line) => RubricSamples.Parse(RubricSamples.Tiny.Replace("reply: number\n", $"reply: number\n{line}", StringComparison.Ordinal));

        var plain = With("");
        With("needs-reference: false\n").Version.ShouldBe(plain.Version);
        With("reference: never\ncontext: never\n").Version.ShouldBe(plain.Version);
        With("reference: required\n").Version.ShouldBe(With("needs-reference: true\n").Version);
        new[] { plain, With("reference: optional\n"), With("reference: required\n"), With("context: optional\n"), With("context: required\n") }
            .Select(r => r.Version).Distinct().Count().ShouldBe(5);
        foreach (var line in (string[])["reference: optional\n", "context: required\n", "reference: required\ncontext: optional\n"])
            RubricFile.Parse("w", RubricFile.Write(With(line))).Version.ShouldBe(With(line).Version);
    }

    [Fact]
    public void The_sample_s_bundle_is_what_its_rubric_compiles_to_and_is_as_locked()
    {
        var folder = Path.Combine(Testing.PublicData.RepositoryRoot, "samples", "rubrics");
        var source = Path.Combine(folder, "complete-answer.md");
        RubricFile.Write(RubricCompiler.Compile(source, File.ReadAllText(source)).Bundle).ShouldBe(File.ReadAllText(Path.Combine(folder, "complete-answer-checklist.bundle.json")));
        RubricLock.Read(Path.Combine(folder, RubricLock.FileName)).Verify(RubricLibrary.Load(folder)).ShouldBeEmpty();
    }

    [Fact]
    public void A_written_comparison_with_a_scale_reads_back_too()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Comparison.Replace("reply: verdict", "reply: judgelm\nscale: {min: 1, max: 10, step: 1, direction: higher-is-better}", StringComparison.Ordinal));

        RubricFile.Parse("written", RubricFile.Write(rubric)).Version.ShouldBe(rubric.Version);
    }
}
