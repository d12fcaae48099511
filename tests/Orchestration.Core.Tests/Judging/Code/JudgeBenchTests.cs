using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class JudgeBenchTests
{
    [Fact]
    public void All_350_recorded_comparisons_are_scored_within_the_scales()
    {
        var judges = CodeJudges.All.ToArray();
        var judgments = new Judgment[judges.Length];
        var scored = new int[judges.Length];
        var comparisons = 0;
        foreach (var line in File.ReadLines(PublicData.Require("judgebench/native/pairs-gpt4o.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var question = document.RootElement.GetProperty("question").GetString()!;
            string[] answers = [document.RootElement.GetProperty("response_A").GetString()!, document.RootElement.GetProperty("response_B").GetString()!];
            comparisons++;
            for (var side = 0; side < 2; side++)
            {
                // The other answer stands in for a reference, which this set has none of.
                CodeJudges.ScoreAll(Ask.Pair(question, answers[side], answers[1 - side]), judges, judgments);
                for (var i = 0; i < judges.Length; i++)
                {
                    if (judgments[i].IsScored) judges[i].Scale.Contains(judgments[i].Value).ShouldBeTrue(judges[i].Id);
                    else judgments[i].Reason.ShouldBe(UnscoredReason.NotApplicable, judges[i].Id);
                    if (judgments[i].IsScored) scored[i]++;
                }
            }
        }

        comparisons.ShouldBe(350);

        // Only the two judges that need numbers may have nothing to say of an answer.
        for (var i = 0; i < judges.Length; i++)
            scored[i].ShouldBeGreaterThanOrEqualTo(judges[i].Id switch { "arithmetic" => 100, "numeric-match" => 600, _ => 700 }, judges[i].Id);
    }
}
