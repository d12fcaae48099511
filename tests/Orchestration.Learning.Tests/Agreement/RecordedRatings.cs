using System.Text.Json;
using Orchestration.Learning.Agreement;
using Orchestration.Testing;

namespace Orchestration.Learning.Tests.Agreement;

/// <summary>Recorded ratings as tables: raters in order of first appearance, texts as numbers in ordinal order.</summary>
internal static class RecordedRatings
{
    public static (RatingTable Table, string[] Raters) Read(string file)
    {
        var rows = new List<Dictionary<string, string>>();
        var raters = new List<string>();
        foreach (var line in File.ReadLines(PublicData.Require(file)))
        {
            using var document = JsonDocument.Parse(line);
            var row = new Dictionary<string, string>();
            var ratings = document.RootElement.GetProperty("ratings");
            if (ratings.ValueKind == JsonValueKind.Array)
            {
                var place = 0;
                foreach (var rating in ratings.EnumerateArray()) row.Add($"{++place}", rating.GetRawText());
            }
            else
            {
                foreach (var rating in ratings.EnumerateObject()) row.Add(rating.Name, rating.Value.ToString());
            }

            if (document.RootElement.TryGetProperty("judges", out var judges))
            {
                foreach (var judge in judges.EnumerateObject()) row.Add(judge.Name, judge.Value.ToString());
            }

            rows.Add(row);
            raters.AddRange(row.Keys.Except(raters));
        }

        var texts = rows.SelectMany(static r => r.Values).Distinct().Order(StringComparer.Ordinal).ToList();
        var isNumber = texts.TrueForAll(t => double.TryParse(t, System.Globalization.CultureInfo.InvariantCulture, out _));
        var values = new double[rows.Count * raters.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            for (var r = 0; r < raters.Count; r++)
            {
                values[i * raters.Count + r] = !rows[i].TryGetValue(raters[r], out var text) ? double.NaN
                    : isNumber ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
                    : texts.IndexOf(text);
            }
        }

        return (new RatingTable(raters.Count, values), [.. raters]);
    }
}
