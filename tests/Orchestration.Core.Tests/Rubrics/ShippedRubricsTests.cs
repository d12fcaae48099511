using Orchestration.Core.Judging;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class ShippedRubricsTests
{
    private static readonly string[] Scoring =
    [
        "truthfulness", "harmlessness", "helpfulness", "honesty", "explanatory-depth", "instruction-following", "clarity", "conciseness",
        "logical-consistency", "creativity", "correctness",
    ];

    private static readonly string[] Comparing = ["preference", "preference-solve-first"];

    public static TheoryData<string> Ids => [.. Scoring, .. Comparing];

    [Fact]
    public void The_committed_lock_file_is_that_of_the_committed_rubrics()
    {
        var path = Path.Combine(RubricSamples.Folder, RubricLock.FileName);
        var library = RubricLibrary.Load(RubricSamples.Folder);

        var differences = RubricLock.Read(path).Verify(library).Select(d => d.Message).ToList();

        differences.ShouldBeEmpty(string.Join('\n', differences));
        File.ReadAllBytes(path).ShouldBe(
            RubricLock.Of(library).ToBytes(), "rubrics.lock.json is not as it would be written. Run `orchestrate rubric lock` and commit it.");
    }

    [Fact]
    public void The_rubrics_inside_the_assembly_are_the_files_of_the_folder()
    {
        var assembly = typeof(RubricLibrary).Assembly;
        var files = Directory.GetFiles(RubricSamples.Folder, "*.md").Where(f => Path.GetFileName(f) != "README.md").ToList();

        assembly.GetManifestResourceNames().Where(n => n.StartsWith("rubrics/", StringComparison.Ordinal))
            .ShouldBe(files.Select(f => "rubrics/" + Path.GetFileName(f)), ignoreOrder: true);
        foreach (var file in files)
        {
            using var stream = assembly.GetManifestResourceStream("rubrics/" + Path.GetFileName(file));
            using var bytes = new MemoryStream();
            stream.ShouldNotBeNull().CopyTo(bytes);
            bytes.ToArray().ShouldBe(File.ReadAllBytes(file), $"{file} is not what was built in; build again.");
        }

        RubricLibrary.Builtin.Rubrics.ShouldBe(RubricLibrary.Load(RubricSamples.Folder).Rubrics);
    }

    [Fact]
    public void Thirteen_rubrics_ship_each_in_the_file_of_its_id()
    {
        RubricLibrary.Builtin.Rubrics.Select(r => r.Id).ShouldBe(Scoring.Concat(Comparing), ignoreOrder: true);
        foreach (var rubric in RubricLibrary.Builtin.Rubrics) rubric.File.ShouldBe($"rubrics/{rubric.Id}.md");
    }

    [Fact]
    public void Scoring_rubrics_share_the_scale_of_0_to_4_with_one_decimal_and_only_correctness_needs_a_reference()
    {
        foreach (var id in Scoring)
        {
            var rubric = RubricLibrary.Builtin.Find(id);
            rubric.Protocol.ShouldBe(RubricProtocol.Score, id);
            rubric.Dimensions.ShouldBe([new RubricDimension(null, rubric.Title, new Scale(0, 4, 0.1))]);
            rubric.NeedsReference.ShouldBe(id == "correctness", id);
        }
    }

    [Fact]
    public void Of_the_two_comparisons_one_solves_the_task_first()
    {
        foreach (var id in Comparing)
        {
            var rubric = RubricLibrary.Builtin.Find(id);
            rubric.Protocol.ShouldBe(RubricProtocol.Compare, id);
            rubric.ReplyForm.ShouldBe(ReplyForm.Verdict, id);
            rubric.ThinkFirst.ShouldBe(id == "preference-solve-first", id);
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_shipped_rubric_says_what_counts_what_does_not_what_caps_and_what_to_guard_against(string id)
    {
        var rubric = RubricLibrary.Builtin.Find(id);
        var compares = rubric.Protocol == RubricProtocol.Compare;
        string[] sections = compares
            ? ["## What is compared", "## What decides", "## What does not decide", "## Caps", "## Guard against"]
            : ["## What is scored", "## What is not scored", "## Bands", "## Caps", "## Guard against"];

        rubric.Text.Split('\n').Where(l => l.StartsWith("## ", StringComparison.Ordinal)).ShouldBe(sections);
        rubric.Text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length.ShouldBeInRange(250, 450);
        if (!compares) rubric.Text.Split('\n').Count(l => l.StartsWith("### ", StringComparison.Ordinal)).ShouldBeInRange(5, 6);

        var caps = rubric.Text[rubric.Text.IndexOf("## Caps", StringComparison.Ordinal)..rubric.Text.IndexOf("## Guard against", StringComparison.Ordinal)];
        caps.Split('\n').Count(l => l.StartsWith("- ", StringComparison.Ordinal)).ShouldBeInRange(3, 6);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_shipped_rubric_does_not_speak_of_the_form_of_the_reply(string id)
    {
        var text = RubricLibrary.Builtin.Find(id).Text;

        foreach (var word in new[] { "JSON", "[[", "{", "rationale", "output" })
            text.Contains(word, StringComparison.OrdinalIgnoreCase).ShouldBeFalse(word);
    }
}
