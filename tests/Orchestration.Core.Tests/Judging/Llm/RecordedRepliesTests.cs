using System.Text.Json;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class RecordedRepliesTests
{
    [Fact]
    public void The_recorded_replies_of_o1_mini_are_read_as_the_benchmark_read_them()
    {
        var rubric = Given.Compare();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(PublicData.Require("judgebench/native/output-o1-mini.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            foreach (var game in row.RootElement.GetProperty("judgments").EnumerateArray())
            {
                var text = game.GetProperty("judgment").GetProperty("response").GetString()!;
                var decision = game.GetProperty("decision").GetString()!;
                var value = ReplyReader.Read(text, rubric.ReplyForm, rubric.Protocol, rubric.Dimensions).Values.ShouldNotBeNull().ShouldHaveSingleItem();
                ((Preference)(int)value).ToText().ShouldBe(decision, row.RootElement.GetProperty("pair_id").GetString());
                counts[decision] = counts.GetValueOrDefault(decision) + 1;
            }
        }

        counts.ShouldBe(new Dictionary<string, int> { ["A>B"] = 367, ["B>A"] = 289, ["A=B"] = 44 }, ignoreOrder: true);
    }
}
