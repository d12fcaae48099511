using System.Buffers;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Keys that open something, known by their published prefixes and lengths, and private keys in PEM form.</summary>
internal static class SecretKeys
{
    private static readonly Form[] Forms =
    [
        new("sk-", 20, Alphabet.Url),
        new("sk_live_", 16, Alphabet.Alphanumeric),
        new("rk_live_", 16, Alphabet.Alphanumeric),
        new("AKIA", 16, Alphabet.UpperAlphanumeric),
        new("ASIA", 16, Alphabet.UpperAlphanumeric),
        new("ghp_", 36, Alphabet.Alphanumeric),
        new("gho_", 36, Alphabet.Alphanumeric),
        new("ghu_", 36, Alphabet.Alphanumeric),
        new("ghs_", 36, Alphabet.Alphanumeric),
        new("github_pat_", 22, Alphabet.Url),
        new("glpat-", 20, Alphabet.Url),
        new("xoxb-", 20, Alphabet.Url),
        new("xoxp-", 20, Alphabet.Url),
        new("xoxa-", 20, Alphabet.Url),
        new("xoxs-", 20, Alphabet.Url),
        new("AIza", 35, Alphabet.Url),
        new("hf_", 30, Alphabet.Alphanumeric),
        new("npm_", 36, Alphabet.Alphanumeric),
    ];

    private const string PemStart = "-----BEGIN ";
    private const string PemEnd = "PRIVATE KEY-----";

    private static readonly SearchValues<string> Starts = SearchValues.Create([.. Forms.Select(static form => form.Prefix), PemStart], StringComparison.Ordinal);

    private enum Alphabet
    {
        Alphanumeric,
        UpperAlphanumeric,
        Url,
    }

    /// <summary>True where the text shows a key.</summary>
    public static bool IsIn(ReadOnlySpan<char> text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var ahead = text[at..].IndexOfAny(Starts);
            if (ahead < 0) return false;
            at += ahead;
            if (IsKeyAt(text, at)) return true;
            at++;
        }

        return false;
    }

    private static bool IsKeyAt(ReadOnlySpan<char> text, int at)
    {
        var rest = text[at..];
        if (rest.StartsWith(PemStart))
        {
            var line = rest[PemStart.Length..Math.Min(rest.Length, PemStart.Length + 40)];
            return line.IndexOf(PemEnd) >= 0;
        }

        // A prefix within a word ("task-…") is no key.
        if (at > 0 && (char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '-')) return false;
        foreach (var form in Forms)
        {
            if (!rest.StartsWith(form.Prefix)) continue;
            var length = 0;
            var digits = 0;
            var body = rest[form.Prefix.Length..Math.Min(rest.Length, form.Prefix.Length + form.Least)];
            foreach (var unit in body)
            {
                if (!IsOf(form.Alphabet, unit)) break;
                if (char.IsAsciiDigit(unit)) digits++;
                length++;
            }

            // Twenty letters and hyphens without one digit are words: "sk-learn-style-estimators". Keys of capitals alone do occur.
            if (length == form.Least && (digits > 0 || form.Alphabet == Alphabet.UpperAlphanumeric)) return true;
        }

        return false;
    }

    private static bool IsOf(Alphabet alphabet, char unit) => alphabet switch
    {
        Alphabet.UpperAlphanumeric => char.IsAsciiLetterUpper(unit) || char.IsAsciiDigit(unit),
        Alphabet.Alphanumeric => char.IsAsciiLetterOrDigit(unit),
        _ => char.IsAsciiLetterOrDigit(unit) || unit is '-' or '_',
    };

    private sealed record Form(string Prefix, int Least, Alphabet Alphabet);
}
