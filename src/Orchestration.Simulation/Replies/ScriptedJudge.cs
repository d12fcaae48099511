using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Replies;

/// <summary>
/// Writes replies from a call's content alone: the same call gets the same reply in every process, at any time and in any order.
/// </summary>
internal sealed class ScriptedJudge(ScriptedEndpointOptions options)
{
    /// <summary>More instructions than any run has; beyond it plans are made anew instead of remembered.</summary>
    private const int MaxPlans = 1000;

    private const double TieMargin = 0.03;
    private const double MuchBetter = 0.3;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<(string System, string? Format, string? Schema), ReplyPlan> _plans = new();

    public ScriptedReply Reply(ScriptedCall call, ScriptedFault fault)
    {
        if (options.Respond?.Invoke(call) is { } given) return given.Fault == ScriptedFault.None ? given with { Fault = fault } : given;
        var plan = Plan(call);
        var text = fault switch
        {
            ScriptedFault.EmptyText => "",
            ScriptedFault.GarbageText => "On the whole this is a fair attempt, though opinions may differ about it.",
            ScriptedFault.Refusal => "",
            _ => Text(call, plan, fault),
        };
        var tokens = call.TopLogProbabilities > 0 ? LogProbabilities(call, plan, text) : [];
        return Cut(call, new ScriptedReply
        {
            Text = text,
            Refusal = fault == ScriptedFault.Refusal ? "I will not judge this." : null,
            LogProbabilities = tokens,
            Fault = fault,
            Finish = fault == ScriptedFault.FilteredReply ? "content_filter" : "stop",
        });
    }

    /// <summary>A raw reward: around 0, seldom beyond ±6.</summary>
    public double Reward(string model, string prompt, string answer)
    {
        var quality = Quality(new ScriptedMaterial(prompt, answer, null), ContentHash.Of(model));
        return Math.Round((quality - 0.5) * 12, 4);
    }

    /// <summary>As a model that runs out of tokens ends.</summary>
    private static ScriptedReply Cut(ScriptedCall call, ScriptedReply reply)
    {
        var bytes = Encoding.UTF8.GetByteCount(reply.Text);
        var limit = reply.Fault == ScriptedFault.LengthCut ? bytes / 2 : (call.MaxOutputTokens ?? int.MaxValue / 4) * 4L;
        if (reply.Fault is not (ScriptedFault.LengthCut or ScriptedFault.FilteredReply) && bytes <= limit) return reply;
        if (reply.Fault == ScriptedFault.FilteredReply) limit = bytes / 2;
        var length = Math.Min(reply.Text.Length, (int)Math.Min(limit, int.MaxValue));
        while (length > 0 && (Encoding.UTF8.GetByteCount(reply.Text.AsSpan(0, length)) > limit || char.IsHighSurrogate(reply.Text[length - 1]))) length--;
        return reply with { Text = reply.Text[..length], Finish = reply.Fault == ScriptedFault.FilteredReply ? "content_filter" : "length" };
    }

    private ReplyPlan Plan(ScriptedCall call)
    {
        var key = (call.System, call.ResponseFormat, call.JsonSchema);
        if (_plans.TryGetValue(key, out var known)) return known;
        var plan = ReplyPlan.For(call.System, call.ResponseFormat, call.JsonSchema);
        if (_plans.Count < MaxPlans) _plans.TryAdd(key, plan);
        return plan;
    }

    private string Text(ScriptedCall call, ReplyPlan plan, ScriptedFault fault)
    {
        var offScale = fault == ScriptedFault.OffScale;
        if (plan.Shape == ReplyShape.Answer) return Answer(call);
        var sections = PromptSections.Find(call.User);
        var judge = ContentHash.Combine(plan.JudgeSeed, (ulong)(call.Seed ?? 0));
        var swayed = call.User.Contains("[your earlier judgment ", StringComparison.Ordinal) ? options.BiasAfterRevision : 1;
        var first = Quality(new ScriptedMaterial(sections.Prompt, sections.First, sections.Reference), judge, swayed);
        if (plan.Compares)
        {
            var second = Quality(new ScriptedMaterial(sections.Prompt, sections.Second ?? "", sections.Reference), judge, swayed);
            return Comparison(plan, Math.Clamp(first + (swayed * options.PositionBias), 0, 1), second, offScale);
        }

        var score = Number(plan.Scale, first, offScale);
        return plan.Shape switch
        {
            ReplyShape.Checklist => ChecklistScript.Write(plan.Criteria, sections.First, first, judge, fault == ScriptedFault.FabricatedQuote),
            ReplyShape.Json => Json(plan.Json!, judge, first, offScale),
            ReplyShape.Rating => $"{Rationale(first)}\n\nRating: [[{score}]]",
            ReplyShape.Result => $"Feedback: {Rationale(first)} [RESULT] {score}",
            ReplyShape.FirstLine => $"{score}\n{Rationale(first)}",
            _ => score,
        };
    }

    private double Quality(ScriptedMaterial material, ulong judge, double swayed = 1)
    {
        if (options.Quality?.Invoke(material) is not { } quality) quality = AnswerQuality.Estimate(material, options.Seed);
        var noise = ContentHash.Unit(ContentHash.Of(material.Answer, ContentHash.Combine(judge, options.Seed)));
        var bias = options.Biases.Count == 0 ? 0 : swayed * ScriptedBiases.Of(material, options.Biases);
        return Math.Clamp(quality + bias + (options.JudgeNoise * ((2 * noise) - 1)), 0, 1);
    }

    private static string Comparison(ReplyPlan plan, double first, double second, bool offScale)
    {
        var difference = first - second;
        var side = Math.Abs(difference) < TieMargin ? 0 : Math.Sign(difference);
        var much = Math.Abs(difference) > MuchBetter ? ">>" : ">";
        return plan.Shape switch
        {
            ReplyShape.Verdict => $"{Reasons(side, "answer A", "answer B")}\n\n[[{(side == 0 ? "A=B" : side > 0 ? $"A{much}B" : $"B{much}A")}]]",
            ReplyShape.CritiqueVerdict =>
                $$"""{"critique_a": "{{Rationale(first)}}", "critique_b": "{{Rationale(second)}}", "suggestion": "Say more of what was asked.", "verdict": "{{(side == 0 ? "tie" : side > 0 ? "A" : "B")}}"}""",
            ReplyShape.Letter => $"{Reasons(side, "answer A", "answer B")}\n\n[[{(side == 0 ? "C" : side > 0 ? "A" : "B")}]]",
            ReplyShape.Decision => $"{Reasons(side, "Response 1", "Response 2")}\n\nSo, the final decision is {(side == 0 ? "Tie" : side > 0 ? "Response 1" : "Response 2")}",
            ReplyShape.TwoNumbers => $"{Number(plan.Scale, first, offScale)} {Number(plan.Scale, second, offScale)}\n{Reasons(side, "answer 1", "answer 2")}",
            _ => $"{(side == 0 ? "Tie" : side > 0 ? "1" : "2")}\n{Reasons(side, "answer 1", "answer 2")}",
        };
    }

    private static string Reasons(int side, string first, string second) => side == 0
        ? "Both take up the request in the same way, and neither does more for it."
        : $"Of the two, {(side > 0 ? first : second)} takes up more of the request and leaves less open than {(side > 0 ? second : first)}.";

    private static string Rationale(double quality) => quality switch
    {
        >= 0.8 => "The answer meets what was asked in nearly every respect, at a fitting length.",
        >= 0.6 => "The answer meets most of what was asked; some of it could be fuller.",
        >= 0.4 => "The answer takes up part of what was asked and leaves another part open.",
        >= 0.2 => "Little of what was asked is taken up.",
        _ => "The answer does next to nothing of what was asked.",
    };

    private static string Answer(ScriptedCall call)
    {
        var about = call.User.Length <= 160 ? call.User : call.User[..(char.IsHighSurrogate(call.User[159]) ? 159 : 160)];
        var kind = ContentHash.Of(call.User, ContentHash.Of(call.Model)) % 3;
        return kind switch
        {
            0 => $"In short: {about.Trim()} has one main point, and it is settled by the facts stated. The rest follows from it.",
            1 => $"There are two sides to it.\n\n1. What is asked: {about.Trim()}\n2. What follows: the simplest reading holds, and it can be checked.\n\nSo take the simplest reading.",
            _ => $"That depends on what is meant by \"{about.Trim()}\". Taken literally, yes.",
        };
    }

    private static string Json(ReplyField root, ulong judge, double quality, bool offScale)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed)) Write(json, root, judge, quality, offScale);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, ReplyField field, ulong judge, double quality, bool offScale)
    {
        switch (field.Kind)
        {
            case FieldKind.Object:
                json.WriteStartObject();
                foreach (var inner in field.Fields)
                {
                    json.WritePropertyName(inner.Name);

                    // Dimensions of one judge differ a little from one another.
                    var shift = inner.Kind == FieldKind.Number && field.Fields.Count > 1 ? (ContentHash.Unit(ContentHash.Of(inner.Name, judge)) - 0.5) * 0.1 : 0;
                    Write(json, inner, judge, Math.Clamp(quality + shift, 0, 1), offScale);
                }

                json.WriteEndObject();
                break;
            case FieldKind.List:
                json.WriteStartArray();
                if (field.Fields.Count > 0) Write(json, field.Fields[0], judge, quality, offScale);
                json.WriteEndArray();
                break;
            case FieldKind.Number:
                json.WriteRawValue(Number(field.Scale, quality, offScale));
                break;
            case FieldKind.Flag:
                json.WriteBooleanValue(quality >= 0.5);
                break;
            case FieldKind.Choice:
                json.WriteRawValue(field.Choices.Count == 0 ? "null" : field.Choices[Math.Min((int)(quality * field.Choices.Count), field.Choices.Count - 1)]);
                break;
            default:
                json.WriteStringValue(Rationale(quality));
                break;
        }
    }

    /// <summary>A quality as a score on the scale and its step; above the scale where that is wanted.</summary>
    private static string Number(Scale scale, double quality, bool offScale)
    {
        var value = (decimal)(scale.Direction == Direction.HigherIsBetter ? quality : 1 - quality) * (decimal)(scale.Max - scale.Min);
        var step = scale.Step > 0 ? (decimal)scale.Step : 0.01m;
        value = (decimal)scale.Min + (decimal.Round(value / step) * step);
        if (offScale) value = (decimal)scale.Max + 1 + step;
        return value.ToString("0.######", CultureInfo.InvariantCulture);
    }

    private List<TokenLogProbability> LogProbabilities(ScriptedCall call, ReplyPlan plan, string text)
    {
        var sections = PromptSections.Find(call.User);
        var judge = ContentHash.Combine(plan.JudgeSeed, (ulong)(call.Seed ?? 0));
        var quality = Quality(new ScriptedMaterial(sections.Prompt, sections.First, sections.Reference), judge);
        return TokenScript.Write(text, plan.Scale, quality, call.TopLogProbabilities);
    }
}
