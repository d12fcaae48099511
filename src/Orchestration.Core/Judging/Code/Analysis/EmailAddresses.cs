namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>E-mail addresses; those of the domains reserved for examples (RFC 2606) are nobody's and are left out.</summary>
internal static class EmailAddresses
{
    private const int LongestLocal = 64;
    private const int LongestDomain = 253;

    /// <summary>How many a text shows.</summary>
    public static int CountIn(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var at = text.IndexOf('@'); at >= 0;)
        {
            if (IsAddressAround(text, at)) count++;
            var ahead = text[(at + 1)..].IndexOf('@');
            at = ahead < 0 ? -1 : at + 1 + ahead;
        }

        return count;
    }

    private static bool IsAddressAround(ReadOnlySpan<char> text, int at)
    {
        var start = at;
        while (start > 0 && at - start < LongestLocal && IsLocal(text[start - 1])) start--;
        if (start == at || text[start] == '.' || text[at - 1] == '.') return false;
        var end = at + 1;
        while (end < text.Length && end - at <= LongestDomain && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '.')) end++;
        var domain = text[(at + 1)..end].TrimEnd(".-");
        var dot = domain.LastIndexOf('.');
        if (dot <= 0 || domain[0] is '.' or '-' || domain.IndexOf("..") >= 0) return false;
        var top = domain[(dot + 1)..];
        if (top.Length < 2 || top.ContainsAnyInRange('0', '9') || top.Contains('-')) return false;
        return !IsReserved(domain, top);
    }

    private static bool IsReserved(ReadOnlySpan<char> domain, ReadOnlySpan<char> top)
    {
        const StringComparison Any = StringComparison.OrdinalIgnoreCase;
        if (top.Equals("example", Any) || top.Equals("test", Any) || top.Equals("invalid", Any) || top.Equals("localhost", Any)) return true;
        return IsOrIsUnder(domain, "example.com") || IsOrIsUnder(domain, "example.org") || IsOrIsUnder(domain, "example.net");
    }

    private static bool IsOrIsUnder(ReadOnlySpan<char> domain, ReadOnlySpan<char> parent) =>
        domain.EndsWith(parent, StringComparison.OrdinalIgnoreCase)
        && (domain.Length == parent.Length || domain[domain.Length - parent.Length - 1] == '.');

    private static bool IsLocal(char unit) => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '_' or '%' or '+' or '-';
}
