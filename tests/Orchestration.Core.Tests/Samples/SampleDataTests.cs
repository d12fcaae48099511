using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Samples;

/// <summary>What samples/README.md says of the project's own data holds.</summary>
public sealed partial class SampleDataTests
{
    private static readonly string[] Sources = ["model-aspen", "model-birch", "model-cedar", "model-drift"];
    private static readonly List<SamplePair> Pairs = [.. Objects("pairs.jsonl").Select(SamplePair.Read)];
    private static readonly List<SampleComparison> Comparisons = [.. Objects("comparisons.jsonl").Select(SampleComparison.Read)];
    private static readonly List<IGrouping<string, SamplePair>> Groups = [.. Pairs.GroupBy(pair => pair.Group, StringComparer.Ordinal)];

    [Fact]
    public void There_are_at_least_36_prompts_in_six_categories()
    {
        Groups.Count.ShouldBeGreaterThanOrEqualTo(36);
        var categories = Groups.CountBy(group => group.First().Category, StringComparer.Ordinal).ToList();
        categories.Count.ShouldBe(6);
        categories.ShouldAllBe(category => category.Value >= 6);
    }

    [Fact]
    public void Ids_and_answers_are_unique()
    {
        Pairs.Select(pair => pair.Id).ShouldBeUnique();
        Pairs.Select(pair => pair.Answer).ShouldBeUnique();
        Comparisons.Select(comparison => comparison.Id).ShouldBeUnique();
    }

    [Fact]
    public void Every_prompt_has_four_answers_one_of_each_source_and_says_the_same_of_all_four()
    {
        foreach (var group in Groups)
        {
            group.Select(pair => pair.Id).ShouldBe(new[] { "a", "b", "c", "d" }.Select(letter => $"{group.Key}-{letter}"), group.Key);
            group.Select(pair => pair.Source).ShouldBe(Sources, ignoreOrder: true, group.Key);
            group.Select(pair => (pair.Prompt, pair.Reference, pair.Category)).Distinct().Count().ShouldBe(1, group.Key);
        }

        Groups.Select(group => group.First().Prompt).ShouldBeUnique();
    }

    [Fact]
    public void Targets_lie_in_0_to_4_with_one_decimal_and_spread_within_every_group()
    {
        foreach (var pair in Pairs)
        {
            OneDecimal().IsMatch(pair.TargetText).ShouldBeTrue($"{pair.Id}: {pair.TargetText}");
            pair.Target.ShouldBeInRange(0, 4, pair.Id);
        }

        foreach (var group in Groups)
        {
            (group.Max(pair => pair.Target) - group.Min(pair => pair.Target)).ShouldBeGreaterThanOrEqualTo(1.5, group.Key);
        }
    }

    [Fact]
    public void Neither_letter_nor_length_nor_source_gives_the_quality_away()
    {
        var best = Groups.Select(group => group.MaxBy(pair => pair.Target)!).ToList();
        best.CountBy(pair => pair.Id[^1]).ShouldAllBe(letter => letter.Value * 3 < Groups.Count);
        best.CountBy(pair => pair.Source, StringComparer.Ordinal).ShouldAllBe(source => source.Value * 2 < Groups.Count);

        Pairs.ShouldAllBe(pair => pair.Words >= 20 && pair.Words <= 180);
        double words = 0, targets = 0, both = 0;
        foreach (var group in Groups)
        {
            var (meanWords, meanTarget) = (group.Average(pair => pair.Words), group.Average(pair => pair.Target));
            words += group.Sum(pair => Math.Pow(pair.Words - meanWords, 2));
            targets += group.Sum(pair => Math.Pow(pair.Target - meanTarget, 2));
            both += group.Sum(pair => (pair.Words - meanWords) * (pair.Target - meanTarget));
        }

        (both / Math.Sqrt(words * targets)).ShouldBeInRange(-0.3, 0.3);
    }

    [Fact]
    public void No_source_is_the_best_on_average_in_every_category_and_three_lead_somewhere()
    {
        var leaders = Pairs.GroupBy(pair => pair.Category, StringComparer.Ordinal)
            .Select(category => category.GroupBy(pair => pair.Source, StringComparer.Ordinal).MaxBy(source => source.Average(pair => pair.Target))!.Key);
        leaders.Distinct(StringComparer.Ordinal).Count().ShouldBe(3);
    }

    [Fact]
    public void Comparisons_are_made_from_the_pairs_and_labelled_by_their_targets()
    {
        Comparisons.Count.ShouldBeGreaterThanOrEqualTo(30);
        var pairs = Pairs.ToDictionary(pair => (pair.Prompt, pair.Answer));
        foreach (var comparison in Comparisons)
        {
            pairs.TryGetValue((comparison.Prompt, comparison.AnswerA), out var a).ShouldBeTrue($"{comparison.Id}: answer_a");
            pairs.TryGetValue((comparison.Prompt, comparison.AnswerB), out var b).ShouldBeTrue($"{comparison.Id}: answer_b");
            comparison.Id.ShouldBe($"{a!.Group}-{a.Id[^1]}{b!.Id[^1]}");
            (comparison.Group, comparison.Category, comparison.Reference).ShouldBe((a.Group, a.Category, a.Reference), comparison.Id);

            // Tenths, so that a difference of exactly 0.2 is one.
            var difference = (int)Math.Round((a.Target - b.Target) * 10);
            comparison.Label.ShouldBe(Math.Abs(difference) <= 2 ? "A=B" : difference > 0 ? "A>B" : "B>A", comparison.Id);
        }
    }

    [Fact]
    public void Comparisons_prefer_A_as_often_as_B_and_hold_a_few_ties()
    {
        var labels = Comparisons.CountBy(comparison => comparison.Label, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        labels.Keys.ShouldBe(["A>B", "B>A", "A=B"], ignoreOrder: true);
        Math.Abs(labels["A>B"] - labels["B>A"]).ShouldBeLessThanOrEqualTo(2);
        labels["A=B"].ShouldBeInRange(3, 10);
    }

    [Fact]
    public void The_README_counts_rows_and_names_each_line_of_the_bad_rows_as_it_is()
    {
        var readme = File.ReadAllText(SamplePath("README.md"));
        readme.ShouldContain($"| `pairs.jsonl` | {Pairs.Count} | {Groups.Count} prompts,");
        readme.ShouldContain($"| `comparisons.jsonl` | {Comparisons.Count} |");
        foreach (var category in Pairs.GroupBy(pair => pair.Category, StringComparer.Ordinal))
        {
            var sources = string.Join(" | ", Sources.Select(source => MeanAndWins(category, source)));
            readme.ShouldContain($"| {category.Key} | {category.Count() / 4} | {category.Count()} | {sources} |");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var lines = File.ReadAllLines(SamplePath("bad-rows.jsonl"));
        var found = lines.Select((line, index) => $"{index + 1} {Outcome(line, seen)}");
        BadRow().Matches(readme).Select(match => $"{match.Groups["line"].Value} {match.Groups["outcome"].Value}").ShouldBe(found);
    }

    private static string MeanAndWins(IEnumerable<SamplePair> category, string source)
    {
        var pairs = category.ToList();
        var mean = pairs.Where(pair => pair.Source == source).Average(pair => pair.Target);
        var wins = pairs.GroupBy(pair => pair.Group, StringComparer.Ordinal).Count(group => group.MaxBy(pair => pair.Target)!.Source == source);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:F2} ({wins})");
    }

    /// <summary>The documented rules, said once more in their shortest form and without the product's reader.</summary>
    private static string Outcome(string line, HashSet<string> seen)
    {
        if (line.Length == 0) return "skipped";
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object) return "rejected";
            var texts = new[] { "id", "prompt", "answer" }.All(name => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String);
            var target = !row.TryGetProperty("target", out var number) || number.ValueKind == JsonValueKind.Number;
            return texts && target && seen.Add(row.GetProperty("id").GetString()!) ? "good" : "rejected";
        }
        catch (JsonException)
        {
            return "rejected";
        }
    }

    private static string SamplePath(string file) => Path.Combine(PublicData.RepositoryRoot, "samples", file);

    private static IEnumerable<JsonElement> Objects(string file) =>
        File.ReadLines(SamplePath(file)).Select(line => JsonSerializer.Deserialize<JsonElement>(line));

    private static string Text(JsonElement row, string name)
    {
        var text = row.GetProperty(name).GetString();
        text.ShouldNotBeNullOrWhiteSpace($"{name} of {row}");
        return text;
    }

    [GeneratedRegex(@"^[0-4]\.[0-9]$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OneDecimal();

    [GeneratedRegex(@"^\| (?<line>[0-9]+) \| (?<outcome>good|rejected|skipped) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BadRow();

    private sealed record SamplePair(
        string Id, string Prompt, string Answer, string Reference, string Group, string Category, string Source, double Target, string TargetText)
    {
        public int Words { get; } = Answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

        public static SamplePair Read(JsonElement row) => new(
            Text(row, "id"), Text(row, "prompt"), Text(row, "answer"), Text(row, "reference"), Text(row, "group"), Text(row, "category"),
            Text(row, "source"), row.GetProperty("target").GetDouble(), row.GetProperty("target").GetRawText());
    }

    private sealed record SampleComparison(
        string Id, string Prompt, string AnswerA, string AnswerB, string Label, string Category, string Reference, string Group)
    {
        public static SampleComparison Read(JsonElement row) => new(
            Text(row, "id"), Text(row, "prompt"), Text(row, "answer_a"), Text(row, "answer_b"), Text(row, "label"), Text(row, "category"),
            Text(row, "reference"), Text(row, "group"));
    }
}
