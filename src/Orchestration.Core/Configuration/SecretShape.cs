using System.Buffers;

namespace Orchestration.Core.Configuration;

/// <summary>Tells by its shape whether a text is probably a key, so that it is refused in a file and never repeated in a message.</summary>
internal static class SecretShape
{
    private static readonly string[] Prefixes =
        ["sk-", "sk_", "gsk_", "hf_", "xai-", "pplx-", "AIza", "ghp_", "github_pat_", "nvapi-", "Bearer ", "eyJ"];

    private static readonly SearchValues<char> UnbrokenCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+=");

    /// <summary>
    /// True for a known beginning of keys with at least 16 characters, and for 24 and more letters and digits without a break of which at
    /// least five are digits.
    /// </summary>
    public static bool LooksLikeKey(string text)
    {
        var trimmed = text.AsSpan().Trim();
        foreach (var prefix in Prefixes)
        {
            if (trimmed.Length >= 16 && trimmed.StartsWith(prefix, StringComparison.Ordinal)) return true;
        }

        if (trimmed.Length < 24 || trimmed.ContainsAnyExcept(UnbrokenCharacters)) return false;
        var digits = 0;
        foreach (var c in trimmed)
        {
            if (char.IsAsciiDigit(c)) digits++;
        }

        return digits >= 5 && digits < trimmed.Length;
    }

    /// <summary>The text in quotes for a message, at most 80 characters of it; a text that looks like a key is not repeated.</summary>
    public static string Quote(string text)
    {
        if (LooksLikeKey(text)) return "(a value that looks like a key and is not repeated here)";
        return text.Length <= 80 ? $"'{text}'" : $"'{text[..80]}…'";
    }
}
