using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;
using Shouldly;

namespace Orchestration.Core.Tests.Judging.Code;

/// <summary>Pairs and scores in short.</summary>
internal static class Ask
{
    public static Pair Pair(string prompt, string answer, string? reference = null) => new()
    {
        Id = "1",
        Prompt = prompt,
        Answer = answer,
        Reference = reference,
        Group = "g",
    };

    public static Judgment Judge(string id, string prompt, string answer, string? reference = null) =>
        CodeJudges.Find(id).ShouldNotBeNull().Score(Pair(prompt, answer, reference));

    /// <summary>The score of a pair that has one.</summary>
    public static double Score(string id, string prompt, string answer, string? reference = null)
    {
        var judgment = Judge(id, prompt, answer, reference);
        judgment.Reason.ShouldBeNull();
        return judgment.Value;
    }

    /// <summary>That the judge says "not applicable".</summary>
    public static void NotApplicable(string id, string prompt, string answer, string? reference = null) =>
        Judge(id, prompt, answer, reference).Reason.ShouldBe(UnscoredReason.NotApplicable);
}
