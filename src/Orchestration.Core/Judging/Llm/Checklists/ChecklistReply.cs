using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm.Checklists;

/// <summary>
/// Reads <c>{"criteria": {"id": {"quotes": […], "reason": …, "met": true}, …}}</c> and adds up the points. A criterion that was asked about must stand
/// there once with a verdict, or the reply is unreadable; what was not asked about is passed over. A point takes a quote that stands in the answer, and any
/// quote that does not voids it.
/// </summary>
internal static class ChecklistReply
{
    public static ReadOutcome Read(ReadOnlySpan<char> text, IReadOnlyList<Criterion> criteria, string answer, Scale scale)
    {
        using var reply = JsonObjects.Last(text);
        if (reply is null || !reply.RootElement.TryGetProperty("criteria", out var verdicts) || verdicts.ValueKind != JsonValueKind.Object) return ReadOutcome.Unreadable;
        var quoted = new QuotedText(answer);
        var said = new StringBuilder();
        var voided = new List<Criterion>();
        var (granted, possible) = (0m, 0m);
        foreach (var criterion in criteria)
        {
            if (!verdicts.TryGetProperty(criterion.Id, out var verdict) || !TryRead(verdict, out var isMet, out var quotes)) return ReadOutcome.Unreadable;
            possible += criterion.Points;
            var fault = isMet ? FaultOf(criterion, quotes, quoted) : null;
            if (isMet && fault is null) granted += criterion.Points;
            if (fault is not null) voided.Add(criterion);
            Write(said, criterion, isMet, fault, quotes, JsonObjects.Text(verdict, "reason"));
        }

        var share = (double)(granted / possible);
        var score = scale.Direction == Direction.HigherIsBetter ? scale.Min + (share * (scale.Max - scale.Min)) : scale.Max - (share * (scale.Max - scale.Min));

        // Rounding must not carry it over the end.
        score = Math.Clamp(score, scale.Min, scale.Max) + 0.0;
        var summary = $"{Number(granted)} of {Number(possible)} points"
            + (voided.Count == 0 ? "" : $"; voided: {string.Join(", ", voided.Select(c => $"{c.Id} ({Number(c.Points)})"))}");
        return ReadOutcome.Of([score], summary + said) with { Voided = voided.Count == 0 ? null : string.Join(' ', voided.Select(c => c.Id)) };
    }

    private static bool TryRead(JsonElement verdict, out bool isMet, out List<string> quotes)
    {
        quotes = [];
        isMet = false;
        if (verdict.ValueKind != JsonValueKind.Object || !verdict.TryGetProperty("met", out var met) || met.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return false;
        isMet = met.ValueKind == JsonValueKind.True;
        if (!verdict.TryGetProperty("quotes", out var list) || list.ValueKind == JsonValueKind.Null) return true;
        if (list.ValueKind != JsonValueKind.Array) return false;
        foreach (var item in list.EnumerateArray())
        {
            if (JsonObjects.Text(item) is not { } quote) return false;
            if (!string.IsNullOrWhiteSpace(quote)) quotes.Add(quote.Trim());
        }

        return true;
    }

    /// <summary>Why the point of a criterion that is said to be met is void; null where it is not.</summary>
    private static string? FaultOf(Criterion criterion, List<string> quotes, QuotedText answer)
    {
        if (quotes.Count == 0) return criterion.NeedsQuote ? "no words of the answer are quoted" : null;
        return quotes.Find(quote => !answer.Holds(quote)) is { } absent ? $"the answer does not hold the quoted words \"{Line(absent)}\"" : null;
    }

    private static void Write(StringBuilder said, Criterion criterion, bool isMet, string? fault, List<string> quotes, string? reason)
    {
        said.Append('\n').Append(fault is not null ? "voided " : isMet ? "met " : "not met ").Append(criterion.Id).Append(" (").Append(Number(criterion.Points)).Append(')');
        if (fault is not null) said.Append(": ").Append(fault);
        if (!string.IsNullOrWhiteSpace(reason)) said.Append(": ").Append(Line(reason));
        if (fault is null && quotes.Count != 0) said.Append(" \u2014 ").AppendJoin("; ", quotes.Select(q => $"\"{Line(q)}\""));
    }

    private static string Line(string text) => text.Trim().ReplaceLineEndings(" ");

    private static string Number(decimal value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
