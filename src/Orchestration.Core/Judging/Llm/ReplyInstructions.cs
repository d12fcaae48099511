using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Judging.Llm.Checklists;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Tells the model the form of its reply, made from the rubric's form and scales. A model that merely repeats these words has given no answer:
/// no example here reads as one.
/// </summary>
internal static class ReplyInstructions
{
    public static string Write(Rubric rubric, bool asksForDigit)
    {
        var text = new StringBuilder();
        if (rubric.ThinkFirst)
        {
            text.Append(rubric.ReplyForm == ReplyForm.Json
                ? "Begin the rationale with your own answer to the prompt, before you look at what was answered. "
                : "First write your own answer to the prompt. Only then look at what was answered, and point out mistakes by comparing with yours. ");
        }

        if (asksForDigit) Digit(text, rubric.Dimensions[0].Scale);
        else if (rubric.Checklist is { } checklist) ChecklistPrompt.Reply(text, checklist);
        else if (rubric.ReplyForm == ReplyForm.Critique) CritiqueInstructions.Write(text, rubric, Range);
        else if (rubric.Protocol == RubricProtocol.Compare) Comparison(text, rubric);
        else Score(text, rubric);
        return text.Append('\n').ToString();
    }

    /// <summary>The schema of a JSON reply: the rationale first, so that the model gives its reasons before its score. Strict: no other members.</summary>
    public static string JsonSchema(IReadOnlyList<RubricDimension> dimensions)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (dimensions.Count == 1)
            {
                SchemaObject.Write(json, ["rationale", "score"], name => Leaf(json, name == "score" ? dimensions[0] : null));
            }
            else
            {
                SchemaObject.Write(json, ["rationale", "scores"], name =>
                {
                    if (name == "rationale") Leaf(json, null);
                    else SchemaObject.Write(json, [.. dimensions.Select(d => d.Name!)], d => Leaf(json, dimensions.First(known => known.Name == d)));
                });
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());

        // Bounds stand in the description: not every endpoint's strict schemas know minimum and maximum, and the reader checks them anyway.
        static void Leaf(Utf8JsonWriter json, RubricDimension? dimension)
        {
            json.WriteString("type", dimension is null ? "string" : "number");
            if (dimension is not null) json.WriteString("description", $"{dimension.Title}: {Range(dimension.Scale)}");
        }
    }

    private static void Score(StringBuilder text, Rubric rubric)
    {
        var scale = rubric.Dimensions[0].Scale;
        switch (rubric.ReplyForm)
        {
            case ReplyForm.Json when rubric.Dimensions.Count == 1:
                text.Append("Reply with one JSON object and nothing after it:\n\n{\"rationale\": \"<your reasons, in a few sentences>\", \"score\": <the score>}\n\n");
                text.Append("The score is ").Append(Range(scale)).Append(". Write it as a number, not in quotation marks and not as a fraction.");
                break;
            case ReplyForm.Json:
                text.Append("Reply with one JSON object and nothing after it:\n\n{\"rationale\": \"<your reasons, in a few sentences>\", \"scores\": {");
                text.AppendJoin(", ", rubric.Dimensions.Select(d => $"\"{d.Name}\": <score>")).Append("}}\n\nThe scores, each written as a number, not in quotation marks and not as a fraction:\n");
                foreach (var dimension in rubric.Dimensions)
                    text.Append("\n- ").Append(dimension.Name).Append(" (").Append(dimension.Title).Append("): ").Append(Range(dimension.Scale)).Append('.');
                break;
            case ReplyForm.Number:
                text.Append("Reply with the score alone, ").Append(Range(scale)).Append(": no words, no unit, no fraction.");
                break;
            case ReplyForm.Prometheus:
                text.Append("Reply with your feedback, then end with the score, ").Append(Range(scale))
                    .Append(", and nothing after it:\n\nFeedback: <your feedback> [RESULT] <the score>");
                break;
            case ReplyForm.JudgeLm:
                text.Append("The first line of your reply holds the score alone, ").Append(Range(scale)).Append(". Give your reasons from the second line on.");
                break;
            case ReplyForm.AutoJ:
                text.Append("Write a critique of the answer, then end with the rating, ").Append(Range(scale))
                    .Append(", in double brackets and with nothing after it:\n\nRating: [[<the rating>]]");
                break;
            default:
                throw Unsuited(rubric);
        }
    }

    private static void Comparison(StringBuilder text, Rubric rubric)
    {
        switch (rubric.ReplyForm)
        {
            case ReplyForm.Verdict:
                text.Append("Give your reasons, then end with exactly one of these verdicts, as it stands here:\n\n")
                    .Append("[[A>>B]] answer A is much better\n[[A>B]] answer A is better\n[[A=B]] they are equally good\n")
                    .Append("[[B>A]] answer B is better\n[[B>>A]] answer B is much better");
                break;
            case ReplyForm.JudgeLm:
                text.Append("The first line of your reply holds two numbers and nothing else, separated by a space: the score of answer 1 and the score of answer 2, each ")
                    .Append(Range(rubric.Dimensions[0].Scale)).Append(". Give your reasons from the second line on.");
                break;
            case ReplyForm.AutoJ:
                text.Append("Compare the answers, then end with your decision, in one of these three sentences and with nothing after it:\n\n")
                    .Append("So, the final decision is Response 1 / So, the final decision is Response 2 / So, the final decision is Tie");
                text.Append("\n\nResponse 1 is answer 1, Response 2 is answer 2.");
                break;
            case ReplyForm.PandaLm:
                text.Append("The first line of your reply holds your choice alone: 1 where answer 1 is better, 2 where answer 2 is better, Tie where they are equally good. ")
                    .Append("Give your reasons from the second line on.");
                break;
            case ReplyForm.Skywork:
                text.Append("Give your reasons, then end with exactly one of these verdicts, as it stands here:\n\n")
                    .Append("[[A]] answer A is better\n[[B]] answer B is better\n[[C]] they are equally good");
                break;
            default:
                throw Unsuited(rubric);
        }
    }

    private static void Digit(StringBuilder text, Scale scale) =>
        text.Append("Reply with one digit and nothing else: the score, ").Append(Range(scale)).Append('.');

    /// <summary>A scale in words: <c>a number from 0 to 4 in steps of 0.1, where higher is better</c>.</summary>
    internal static string Range(Scale scale)
    {
        var isWhole = scale.Step > 0 && scale.Step == Math.Floor(scale.Step) && scale.Min == Math.Floor(scale.Min);
        var kind = isWhole ? "a whole number" : "a number";
        var steps = scale.Step == 0 || (isWhole && scale.Step == 1) ? "" : $" in steps of {Number(scale.Step)}";
        var direction = scale.Direction == Direction.HigherIsBetter ? "higher" : "lower";
        return $"{kind} from {Number(scale.Min)} to {Number(scale.Max)}{steps}, where {direction} is better";
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static InvalidOperationException Unsuited(Rubric rubric) =>
        new($"Rubric '{rubric.Id}': the reply form {rubric.ReplyForm} does not suit the protocol {rubric.Protocol}.");
}
