using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests;

/// <summary>What the script says of answers.</summary>
public sealed class ScriptedJudgeTests
{
    private const string Question = "Explain how a bicycle stays upright while somebody rides it.";

    private const string Good =
        "A bicycle that rolls stays upright because its rider steers into every lean. When it begins to fall to the left, a small turn of the front wheel to the left moves "
        + "the wheels back under the centre of mass. The shape of the fork makes the wheel turn that way by itself, so somebody who rides hardly notices it. At walking speed the "
        + "effect is weak, and the rider has to balance by hand.";

    [Fact]
    public async Task An_answer_that_fits_scores_above_one_that_does_not_for_nearly_every_judge()
    {
        await using var client = await EndpointClient.StartAsync();
        var (better, sum) = (0, 0.0);
        for (var judge = 0; judge < 20; judge++)
        {
            var difference = await client.ScoreAsync(Question, Good, $"judge {judge}") - await client.ScoreAsync(Question, "It just does", $"judge {judge}");
            if (difference > 0) better++;
            sum += difference;
        }

        better.ShouldBeGreaterThanOrEqualTo(19);
        (sum / 20).ShouldBeGreaterThan(0.8);
        (await client.ScoreAsync(Question, "I'm sorry, I cannot help with that.")).ShouldBeLessThan(await client.ScoreAsync(Question, Good));
    }

    [Fact]
    public async Task Judges_differ_on_the_same_answer()
    {
        await using var client = await EndpointClient.StartAsync();

        var scores = new HashSet<double>();
        for (var judge = 0; judge < 10; judge++) scores.Add(await client.ScoreAsync(Question, Good, $"judge {judge}"));

        scores.Count.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("a whole number from 1 to 5, where higher is better", 1, 5, 1)]
    [InlineData("a number from 0 to 4 in steps of 0.5, where higher is better", 0, 4, 0.5)]
    [InlineData("a number from -10 to 10, where higher is better", -10, 10, 0.1)]
    public async Task Scores_lie_on_the_scale_and_step_asked_for(string scale, double min, double max, double step)
    {
        await using var client = await EndpointClient.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            var text = await client.TextAsync(EndpointClient.Call($"## Reply\n\nReply with the score alone, {scale}: no words.", EndpointClient.Material(Question, new string('x', 1 << (i % 12)) + i)));
            var score = decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            score.ShouldBeInRange((decimal)min, (decimal)max);
            (score % (decimal)step).ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_scale_on_which_lower_is_better_gives_the_good_answer_the_lower_score()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Quality = material => material.Answer == "good" ? 0.9 : 0.1 });
        Task<string> Ask(string answer) => client.TextAsync(EndpointClient.Call("Reply with the score alone, a whole number from 0 to 10, where lower is better.", EndpointClient.Material("p", answer)));

        int.Parse(await Ask("good"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(int.Parse(await Ask("bad"), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_schema_decides_the_members_whatever_the_instructions_say()
    {
        await using var client = await EndpointClient.StartAsync();
        var call = EndpointClient.Call("Judge.", EndpointClient.Material(Question, Good));
        call["response_format"] = JsonNode.Parse("""
            {"type":"json_schema","json_schema":{"name":"reply","strict":true,"schema":{"type":"object","properties":{
              "rationale":{"type":"string"},
              "scores":{"type":"object","properties":{"depth":{"type":"number","description":"Depth: a number from 0 to 4 in steps of 0.1"},"tone":{"type":"integer","minimum":1,"maximum":3}}},
              "verdict":{"type":"string","enum":["bad","good"]},
              "safe":{"type":"boolean"},
              "quotes":{"type":"array","items":{"type":"string"}}}}}}
            """);

        using var reply = JsonDocument.Parse(await client.TextAsync(call));

        var root = reply.RootElement;
        root.EnumerateObject().Select(member => member.Name).ShouldBe(["rationale", "scores", "verdict", "safe", "quotes"]);
        root.GetProperty("scores").GetProperty("depth").GetDouble().ShouldBeInRange(0, 4);
        root.GetProperty("scores").GetProperty("tone").GetInt32().ShouldBeInRange(1, 3);
        root.GetProperty("verdict").GetString().ShouldBeOneOf("bad", "good");
    }

    [Fact]
    public async Task A_json_object_asked_for_without_a_form_has_a_rationale_and_a_score()
    {
        await using var client = await EndpointClient.StartAsync();
        var call = EndpointClient.Call("Rate the answer on a scale of 1-7.", EndpointClient.Material(Question, Good));
        call["response_format"] = new JsonObject { ["type"] = "json_object" };

        using var reply = JsonDocument.Parse(await client.TextAsync(call));

        reply.RootElement.GetProperty("rationale").GetString().ShouldNotBeNullOrEmpty();
        reply.RootElement.GetProperty("score").GetDouble().ShouldBeInRange(1, 7);
    }

    [Fact]
    public async Task Verdicts_turn_with_the_answers_unless_a_position_is_preferred()
    {
        await using var fair = await EndpointClient.StartAsync();
        await using var biased = await EndpointClient.StartAsync(new ScriptedEndpointOptions { PositionBias = 0.05 });

        (await FlippedAsync(fair)).ShouldBe(40);
        (await FlippedAsync(biased)).ShouldBeInRange(5, 37);

        static async Task<int> FlippedAsync(EndpointClient client)
        {
            var flipped = 0;
            for (var i = 0; i < 40; i++)
            {
                var (a, b) = ($"The answer is {i}, since {new string('y', i * 20)} holds.", $"It follows from {i} that {new string('z', 400 - (i * 8))} is so.");
                var shown = await VerdictAsync(client, a, b);
                var swapped = await VerdictAsync(client, b, a);
                if (swapped == shown switch { "A>B" => "B>A", "B>A" => "A>B", "A>>B" => "B>>A", "B>>A" => "A>>B", _ => shown }) flipped++;
            }

            return flipped;
        }
    }

    [Fact]
    public async Task Log_probabilities_lie_on_the_digits_of_the_scale()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Quality = _ => 0.5, JudgeNoise = 0 });
        var call = EndpointClient.Call("Reply with one digit and nothing else: the score, a whole number from 0 to 4, where higher is better.", EndpointClient.Material("p", "a"));
        call["logprobs"] = true;
        call["top_logprobs"] = 20;

        var token = (await client.ReplyAsync(call)).GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray().ShouldHaveSingleItem();

        token.GetProperty("token").GetString().ShouldBe("2");
        var digits = token.GetProperty("top_logprobs").EnumerateArray()
            .Where(entry => entry.GetProperty("token").GetString() is ['0' or '1' or '2' or '3' or '4'])
            .ToDictionary(entry => entry.GetProperty("token").GetString()!, entry => Math.Exp(entry.GetProperty("logprob").GetDouble()));
        digits.Count.ShouldBe(5);
        digits.Values.Sum().ShouldBe(0.98, 1e-9);
        digits["1"].ShouldBe(digits["3"], 1e-12);
        digits["2"].ShouldBeGreaterThan(digits["1"]);
    }

    [Theory]
    [InlineData(ScriptedFault.OffScale)]
    [InlineData(ScriptedFault.GarbageText)]
    [InlineData(ScriptedFault.LengthCut)]
    public async Task Replies_that_answer_nothing_are_whole_completions(ScriptedFault fault)
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var choice = (await client.ReplyAsync(EndpointClient.Call(EndpointClient.JsonForm, EndpointClient.Material(Question, Good)))).GetProperty("choices")[0];

        var text = choice.GetProperty("message").GetProperty("content").GetString().ShouldNotBeNull();
        switch (fault)
        {
            case ScriptedFault.OffScale:
                JsonDocument.Parse(text).RootElement.GetProperty("score").GetDouble().ShouldBeGreaterThan(4);
                break;
            case ScriptedFault.LengthCut:
                choice.GetProperty("finish_reason").GetString().ShouldBe("length");
                Should.Throw<JsonException>(() => JsonDocument.Parse(text));
                break;
            default:
                text.ShouldNotContain("{");
                break;
        }
    }

    private static async Task<string> VerdictAsync(EndpointClient client, string first, string second)
    {
        var text = await client.TextAsync(EndpointClient.Call("End with one of these: [[A>B]] [[A=B]] [[B>A]]", EndpointClient.Comparison(Question, first, second)));
        var start = text.LastIndexOf("[[", StringComparison.Ordinal) + 2;
        return text[start..text.LastIndexOf("]]", StringComparison.Ordinal)];
    }
}
