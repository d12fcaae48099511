using System.Text.Json;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

/// <summary><c>meta judgebench</c> with judges that are asked, over real HTTP.</summary>
public sealed class JudgeBenchLiveTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Judges_asked_give_the_figures_of_their_recorded_verdicts_by_prompt()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { PositionBias = 0.1 });
        var data = _cli.Write("native.jsonl", [.. Enumerable.Range(0, 16).Select(static i => $$"""{"pair_id":"c{{i}}","question":"Question {{i / 2}}?","source":"mmlu-pro-law","response_A":"An answer of {{i}} words.","response_B":"Another one, {{i * 3}} words long.","label":"{{(i % 3 == 0 ? "A>B" : "B>A")}}"}""")]);

        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "judgebench", "--data", data, "--judges", "preference@local", "relevance", "--out", _cli.At("bench")));

        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(16 * 2);
        line.GetProperty("prompts").GetInt32().ShouldBe(8);
        line.GetProperty("judges").GetProperty("preference@local").GetProperty("by_category").GetProperty("knowledge").GetProperty("labelled").GetInt32().ShouldBe(16);
        var recorded = await _cli.RunJsonAsync(["meta", "judgebench", "--verdicts", _cli.At("bench/comparisons/verdicts.jsonl"), "--resamples", "200", "--json"]);
        Figures(recorded.Line).ShouldBe(Figures(line));
    }

    [Fact]
    public async Task Solve_puts_the_questions_to_the_judges_model_and_counts_what_code_cannot_check()
    {
        // As judge always right; as solver right on every second question, and silent on one.
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions
        {
            Respond = static call => new ScriptedReply
            {
                Text = call.System.StartsWith("Answer the question", StringComparison.Ordinal)
                    ? call.User.Contains("Question 19", StringComparison.Ordinal) ? "I would rather not say." : $"Let me think.\n{new string(call.User[10] % 2 == 0 ? 'C' : 'D', 5)}\nAnswer: {(call.User[10] % 2 == 0 ? 'C' : 'D')}"
                    : call.User.IndexOf("CCCCC", StringComparison.Ordinal) < call.User.IndexOf("DDDDD", StringComparison.Ordinal) ? "[[A>B]]" : "[[B>A]]",
            },
        });
        var data = _cli.Write("labelled.jsonl", [
            .. Enumerable.Range(10, 10).Select(static i => $$"""{"id":"c{{i}}","prompt":"Question {{i}}?","answer_a":"I say CCCCC","answer_b":"I say DDDDD","label":"A>B"}"""),
            """{"id":"free","prompt":"Write a poem.","answer_a":"Roses CCCCC x","answer_b":"Violets","label":"A>B"}""",
            """{"id":"tied","prompt":"Question 5?","answer_a":"CCCCC","answer_b":"DDDDD","label":"A=B"}"""]);

        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "judgebench", "--data", data, "--judges", "preference@local", "code", "--solve"));

        status.ShouldBe(0, _cli.Error);
        var solver = line.GetProperty("solvers").GetProperty("preference@local");
        solver.GetProperty("solver").GetString().ShouldBe("solve@local");
        solver.GetProperty("not_checkable").GetInt32().ShouldBe(1);
        solver.GetProperty("no_final_answer").GetInt32().ShouldBe(1);
        solver.GetProperty("questions").GetInt32().ShouldBe(9);
        solver.GetProperty("as_judge").GetProperty("value").GetDouble().ShouldBe(1);
        solver.GetProperty("as_solver").GetProperty("value").GetDouble().ShouldBe(5 / 9.0, 1e-9);
        _cli.Error.ShouldContain("code (--solve) takes no part");
        _cli.Out.ShouldContain("tells right from wrong answers better than its model finds them");
        var asked = endpoint.Statistics().Requests;
        (await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "judgebench", "--data", data, "--judges", "preference@local", "code", "--solve"))).Status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(asked + 1, "only the answer that could not be read is asked for again");
        (await _cli.RunAsync(["meta", "judgebench", "--verdicts", data, "--solve"])).ShouldBe(2);
    }

    // Its section says what it was made from, and that differs.
    private static string[] Figures(JsonElement line) => [.. line.EnumerateObject().Where(static p => p.Name != "section").Select(static p => $"{p.Name}: {p.Value.GetRawText()}")];
}
