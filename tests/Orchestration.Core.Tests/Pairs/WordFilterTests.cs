using System.Buffers;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>What tells that a text stands in no row of a shard: it never denies one that a plain search finds.</summary>
public sealed class WordFilterTests
{
    // Letters of one byte to four, of either case, that fold to others, beside what words are made of.
    private static readonly string[] Pieces =
        ["a", "B", "e", "Q", "z", "0", "7", "ab", "THE", "ation", "Quixotic", "marmaLADE", "0042", " ", ", ", ".", "-", "_", "\"", "\\n", "\n", "\t", "ü", "É", "ß", "ẞ", "ı", "İ", "ſ", "K", "Å", "я", "Д", "Σ", "ς", "語", "🦊", "e\u0301", "\uFFFD"];

    private static readonly Gen<string> Texts = Gen.Elements(Pieces).ListOf().Select(string.Concat);

    [Fact]
    public void What_a_plain_search_finds_is_never_denied()
    {
        var found = 0;
        var asked = from rows in Texts.ListOf(9)
                    from other in Texts
                    from row in Gen.Choose(0, 8)
                    from start in Gen.Choose(0, 40)
                    from length in Gen.Choose(1, 24)
                    from casing in Gen.Choose(0, 2)
                    from stranger in Gen.Choose(0, 3)
                    select (rows, Text: stranger == 0 ? other : Recased(Part(rows[row], start, length), casing));
        Prop.ForAll(asked.ToArbitrary(), sample =>
        {
            if (sample.Text.Length == 0) return true;
            var filter = Filter(sample.rows);
            var search = SearchValues.Create([sample.Text], StringComparison.OrdinalIgnoreCase);
            if (!sample.rows.Any(row => row.AsSpan().ContainsAny(search))) return true;
            found++;
            return WordFilter.MayHold(filter, WordFilter.Probes(sample.Text));
        }).Check(SeededProperties.Config.WithMaxTest(4000));
        found.ShouldBeGreaterThan(1000, "most of what is asked stands there");
    }

    [Fact]
    public void No_character_beyond_ASCII_is_taken_for_a_letter_or_a_digit_where_case_is_ignored()
    {
        var ascii = string.Concat(Enumerable.Range('0', 10).Concat(Enumerable.Range('a', 26)).Select(static c => (char)c));
        var searches = ascii.Select(static c => SearchValues.Create([c.ToString()], StringComparison.OrdinalIgnoreCase)).ToArray();
        var others = new StringBuilder();
        for (var value = 0x80; value <= 0x10FFFF; value++)
        {
            if (value is < 0xD800 or > 0xDFFF) others.Append(char.ConvertFromUtf32(value));
        }

        var all = others.ToString();
        for (var i = 0; i < ascii.Length; i++)
        {
            all.AsSpan().ContainsAny(searches[i]).ShouldBeFalse($"something equals '{ascii[i]}'");
            all.Contains(ascii[i], StringComparison.OrdinalIgnoreCase).ShouldBeFalse($"something equals '{ascii[i]}'");
        }
    }

    [Fact]
    public void Words_that_are_nowhere_are_denied_but_for_a_few()
    {
        var random = new Random(5);
        string Word() => string.Concat(Enumerable.Range(0, random.Next(6, 12)).Select(_ => "bcdfghjklmnpqrstvwxz"[random.Next(20)]));
        var rows = Enumerable.Range(0, 256).Select(_ => string.Join(' ', Enumerable.Range(0, 12).Select(_ => Word()))).ToArray();
        var filter = Filter(rows);
        var strangers = Enumerable.Range(0, 2000).Select(_ => Word()).Where(w => !rows.Any(r => r.Contains(w, StringComparison.Ordinal))).ToArray();
        strangers.Count(w => WordFilter.MayHold(filter, WordFilter.Probes(w))).ShouldBeLessThan(strangers.Length / 20);
        foreach (var word in rows.SelectMany(static r => r.Split(' '))) WordFilter.MayHold(filter, WordFilter.Probes(word.ToUpperInvariant())).ShouldBeTrue(word);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("ab cd ef")]
    [InlineData("größe")]
    [InlineData("語語語語語")]
    [InlineData("...")]
    public void Of_texts_without_four_letters_in_a_row_it_says_nothing(string text)
    {
        WordFilter.Probes(text).ShouldBeEmpty();
        WordFilter.MayHold(Filter(["something else"]), WordFilter.Probes(text)).ShouldBeTrue();
    }

    [Fact]
    public void A_filter_that_is_damaged_or_of_another_form_denies_nothing()
    {
        var filter = Filter(["a row of words"]).ShouldNotBeNull();
        var probes = WordFilter.Probes("xylophone");
        WordFilter.MayHold(filter, probes).ShouldBeFalse();
        for (var i = 0; i < filter.Length; i++)
        {
            var damaged = filter.ToArray();
            damaged[i] ^= 0x04;
            WordFilter.MayHold(damaged, probes).ShouldBeTrue(string.Create(CultureInfo.InvariantCulture, $"byte {i}"));
            WordFilter.MayHold(filter.AsSpan(0, i), probes).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_shard_has_one_of_all_that_is_searched_within_an_eighth_of_its_bytes_unless_it_would_tell_nothing()
    {
        using var folder = new IngestFolder();
        var random = new Random(3);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => string.Create(CultureInfo.InvariantCulture, $"word{random.Next(30_000)}")));
        var rows = Enumerable.Range(0, 300).Select(i => $$"""{"id":"identity{{i}}","prompt":"promptly {{Words(20)}}","answer_a":"firstly {{Words(40)}}","answer_b":"secondly {{Words(40)}}"}""");
        await folder.Run(folder.Options(DataKind.Comparisons, folder.Write("words.jsonl", string.Join('\n', rows))));
        var shard = folder.Shards.ShouldHaveSingleItem();
        var words = shard.Words.ShouldNotBeNull();
        words.Length.ShouldBeLessThanOrEqualTo(((shard.Head.Length + shard.Text.Length) / 8) + 8);
        foreach (var there in new[] { "IDENTITY17", "promptly", "firstly", "secondly" }) WordFilter.MayHold(words, WordFilter.Probes(there)).ShouldBeTrue(there);
        WordFilter.MayHold(words, WordFilter.Probes("marmalade")).ShouldBeFalse();

        // Nothing repeats: whatever room is allowed would be full.
        string Noise() => string.Concat(Enumerable.Range(0, 4000).Select(_ => (char)('a' + random.Next(26))));
        await folder.Pairs(string.Join('\n', Enumerable.Range(0, 100).Select(i => $$"""{"id":"{{i}}","prompt":"p","answer":"{{Noise()}}"}""")));
        folder.Shards.ShouldHaveSingleItem().Words.ShouldBeNull();
    }

    private static byte[]? Filter(IReadOnlyCollection<string> rows)
    {
        var builder = new WordFilter.Builder();
        builder.Clear(rows.Sum(static r => (long)r.Length));
        foreach (var row in rows) builder.Add(Encoding.UTF8.GetBytes(row));
        return builder.Encode(int.MaxValue);
    }

    private static string Part(string text, int start, int length) => start >= text.Length ? text : text.Substring(start, Math.Min(length, text.Length - start));

    private static string Recased(string text, int casing) => casing switch { 0 => text, 1 => text.ToUpperInvariant(), _ => text.ToLowerInvariant() };
}
