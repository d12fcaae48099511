using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricVersionTests
{
    // Both from Python: hashlib.sha256 over the canonical content that docs/reference/rubric-format.md prints.
    private const string TinyVersion = "f778abab670b8f5e209d068eeb8ed9467b3a5d6678bb04c640e1b7f4aa541a48";
    private const string TwoSidesVersion = "f0773f41a50721cb13f26b9717dea4c9444206af26f98027e5545731e46eb222";

    [Fact]
    public void The_version_is_the_sha256_of_the_documented_content()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Tiny);

        RubricVersion.Content(rubric).ShouldBe(
            "orchestration-rubric 1\nid: tiny\ntitle: Tiny\nprotocol: score\nneeds-reference: false\nreply: number\nthink-first: false\n"
            + "dimension: - 0 1 1 higher-is-better Tiny\n\n## Bands\n\n### 1\nYes.\n\n### 0\nNo.\n\n## Caps\n");
        rubric.Version.ShouldBe(TinyVersion);
    }

    [Fact]
    public void The_version_of_a_rubric_with_several_dimensions_is_the_documented_one() =>
        RubricSamples.Parse(RubricSamples.TwoSides).Version.ShouldBe(TwoSidesVersion);

    [Theory]
    [InlineData("id: tiny\ntitle: Tiny", "title: Tiny\nid: tiny")]
    [InlineData("id: tiny", "# A comment\nid: tiny # and another")]
    [InlineData("title: Tiny", "title: 'Tiny'")]
    [InlineData("title: Tiny", "title: Tiny\nthink-first: false\nneeds-reference: false")]
    [InlineData("min: 0, max: 1, step: 1", "max: 1.0, min: -0, step: 1.00")]
    [InlineData("Yes.\n", "Yes. \t\u00A0\n")]
    [InlineData("---\n## Bands", "---\n\n\n## Bands")]
    [InlineData("## Caps\n", "## Caps\n\n \n\n")]
    [InlineData("## Caps\n", "## Caps")]
    [InlineData("\n", "\r\n")]
    [InlineData("\n", "\r")]
    [InlineData("---\nid", "\uFEFF---\nid")]
    public void How_it_was_typed_does_not_change_the_version(string from, string to)
    {
        RubricSamples.Tiny.ShouldContain(from);

        RubricSamples.Parse(RubricSamples.Tiny.Replace(from, to, StringComparison.Ordinal)).Version.ShouldBe(TinyVersion);
    }

    [Fact]
    public void A_composed_and_a_decomposed_accent_give_one_version() =>
        RubricSamples.Parse(RubricSamples.TwoSides
            .Replace("é", "e\u0301", StringComparison.Ordinal)
            .Replace("ï", "i\u0308", StringComparison.Ordinal)
            .Replace("한", "\u1112\u1161\u11AB", StringComparison.Ordinal)).Version.ShouldBe(TwoSidesVersion);

    [Theory]
    [InlineData("id: tiny", "id: teeny")]
    [InlineData("title: Tiny", "title: tiny")]
    [InlineData("reply: number", "reply: json")]
    [InlineData("reply: number", "reply: number\nneeds-reference: true")]
    [InlineData("reply: number", "reply: number\nthink-first: true")]
    [InlineData("higher-is-better", "lower-is-better")]
    [InlineData("step: 1", "step: 0.5")]
    [InlineData("scale: {", "dimensions:\n  - {name: tiny, title: Tiny, ")]
    [InlineData("Yes.", "Yes!")]
    [InlineData("Yes.", "  Yes.")]
    [InlineData("Yes.\n", "Yes.\n\n")]
    public void Every_field_and_every_word_changes_the_version(string from, string to)
    {
        RubricSamples.Tiny.ShouldContain(from);
        var changed = RubricSamples.Tiny.Replace(from, to, StringComparison.Ordinal);
        if (to == "step: 0.5") changed = changed.Replace("### 0", "### 0–0.5", StringComparison.Ordinal);

        RubricSamples.Parse(changed).Version.ShouldNotBe(TinyVersion);
    }

    [Fact]
    public void Canonicalisation_is_idempotent() => Prop.ForAll(Texts(), text =>
        RubricText.Canonical(RubricText.Canonical(text)) == RubricText.Canonical(text)).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20260101UL, 17UL));

    [Fact]
    public void Canonicalisation_does_not_see_line_ends_or_white_space_before_them() => Prop.ForAll(Texts(), text =>
    {
        var canonical = RubricText.Canonical(text);
        return RubricText.Canonical(canonical.Replace("\n", "\r\n", StringComparison.Ordinal)) == canonical
            && RubricText.Canonical(canonical.Replace("\n", " \t\u3000\n", StringComparison.Ordinal)) == canonical
            && RubricText.Canonical("\uFEFF" + canonical + "\n \n") == canonical;
    }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20260101UL, 17UL));

    [Fact]
    public void Whatever_the_body_says_its_line_ends_do_not_change_the_version() => Prop.ForAll(Texts(), text =>
    {
        var body = "Words first.\n" + RubricText.Canonical(text) + "Words last.\n";
        var content = RubricSamples.Comparison + "\n" + body;
        return RubricSamples.Parse(content).Version == RubricSamples.Parse(content.Replace("\n", "  \r\n", StringComparison.Ordinal)).Version;
    }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20260101UL, 17UL));

    // The next two goldens are from Python's unicodedata (Unicode 14.0) over the same texts: every code point among combining marks, and
    // 20,000 lines of eight characters drawn from the scripts where composition is hard.
    [Fact]
    public void Every_character_composes_as_the_unicode_standard_says()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var rune = 0x300; rune < 0x110000; rune++)
        {
            if (rune is >= 0xD800 and < 0xE000) continue;
            var character = char.ConvertFromUtf32(rune);
            hash.AppendData(Encoding.UTF8.GetBytes(CanonicalComposition.Compose(character + "\u0301\u0327a" + character + "\n")));
        }

        Convert.ToHexStringLower(hash.GetHashAndReset()).ShouldBe("43bcb97d5f69e35dd69bea23c62eeb52289347f4bb40fd6f330e45130acbb137");
    }

    [Fact]
    public void Mixed_sequences_compose_as_the_unicode_standard_says()
    {
        (int Low, int High)[] ranges =
        [
            (0x41, 0x5a), (0x300, 0x345), (0x1100, 0x1112), (0x1161, 0x1175), (0x11a7, 0x11c2), (0xac00, 0xac40), (0x590, 0x5ff), (0x900, 0x9ff),
            (0xf40, 0xf84), (0x1e00, 0x1fff), (0x2000, 0x2130), (0x3040, 0x30ff), (0x1d157, 0x1d1c0), (0x11080, 0x11180),
        ];
        var state = 1L;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var line = 0; line < 20000; line++)
        {
            var text = new StringBuilder();
            for (var i = 0; i < 8; i++)
            {
                var (low, high) = ranges[Next(ranges.Length)];
                text.Append(char.ConvertFromUtf32(low + Next(high - low + 1)));
            }

            hash.AppendData(Encoding.UTF8.GetBytes(CanonicalComposition.Compose(text.ToString()) + "\n"));
        }

        Convert.ToHexStringLower(hash.GetHashAndReset()).ShouldBe("aaa4c02b7fa1222434c5e92a9d31ccedd3b4b6ebbc47751ebc200f3c7a839f7e");

        int Next(int count)
        {
            state = ((state * 1103515245) + 12345) & 0x7fffffff;
            return (int)((state >> 8) % count);
        }
    }

    // Pieces in which canonicalisation could go wrong, put together at random.
    private static Arbitrary<string> Texts()
    {
        string[] pieces =
        [
            "a", "word", "é", "e\u0301", "\u0327", "\u0301\u0327", "한", "\u1112\u1161", "\u11AB", "\u2000", "\u2126", "–", "😀", "# ", "```",
            " ", "  ", "\t", "\u00A0", "\u2003", "\u2028", "\u0085", "\v", "\n", "\n\n", "\r\n", "\r", "\uFEFF", "---\n",
        ];
        return Gen.Elements(pieces).ArrayOf().Select(string.Concat).ToArbitrary();
    }
}
