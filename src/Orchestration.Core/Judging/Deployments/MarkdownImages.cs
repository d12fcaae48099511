using System.Buffers;
using System.Text;

namespace Orchestration.Core.Judging.Deployments;

/// <summary>A text's parts in order: pieces of text, and images between them.</summary>
/// <param name="Start">Where the part begins.</param>
/// <param name="Length">UTF-16 units of the part.</param>
/// <param name="IsImage">True where the part is an image's address and not text.</param>
public readonly record struct MessagePart(int Start, int Length, bool IsImage);

/// <summary>
/// Images in prompts and answers, written as Markdown: <c>![what it shows](https://…)</c> or <c>![…](data:image/png;base64,…)</c>. The words in
/// brackets stay in the text, right before the image. Whatever is written otherwise (http, another kind of image, an open bracket) is text.
/// </summary>
public static class MarkdownImages
{
    /// <summary>Raised whenever other texts are taken for images: it is part of the version of every judge that sends images.</summary>
    public const int Revision = 1;

    private const int MaxWords = 2000;
    private const int MaxAddress = 8192;

    // What OpenAI's and other vision models read.
    private static readonly string[] DataBeginnings = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/jpg;base64,", "data:image/gif;base64,", "data:image/webp;base64,"];
    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    private static readonly SearchValues<char> AltEnds = SearchValues.Create("]\n");
    private static readonly SearchValues<char> AddressEnds = SearchValues.Create(") \t\r\n<>\"");

    /// <summary>The parts of a text; a single one where it shows no image. Nothing of the text is lost but the round brackets around an address and a title in them.</summary>
    public static IReadOnlyList<MessagePart> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<MessagePart>();
        var from = 0;
        for (var at = text.IndexOf("![", StringComparison.Ordinal); at >= 0; at = text.IndexOf("![", at, StringComparison.Ordinal))
        {
            if (!TryRead(text, at, out var altEnd, out var address, out var end))
            {
                at += 2;
                continue;
            }

            if (altEnd > from) parts.Add(new MessagePart(from, altEnd - from, false));
            parts.Add(address);
            from = at = end;
        }

        if (from < text.Length || parts.Count == 0) parts.Add(new MessagePart(from, text.Length - from, false));
        return parts;
    }

    /// <summary>What a text comes to: UTF-8 bytes of what is text in it, images, and bytes of their addresses.</summary>
    /// <param name="text">The text.</param>
    /// <param name="areSent">False where images are sent as text.</param>
    public static (long TextBytes, int Images, long ImageBytes) Measure(string text, bool areSent)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!areSent || !text.Contains("![", StringComparison.Ordinal)) return (Encoding.UTF8.GetByteCount(text), 0, 0);
        var (bytes, images, imageBytes) = (0L, 0, 0L);
        foreach (var part in Split(text))
        {
            var size = Encoding.UTF8.GetByteCount(text.AsSpan(part.Start, part.Length));
            if (!part.IsImage)
            {
                bytes += size;
                continue;
            }

            images++;
            imageBytes += size;
        }

        return (bytes, images, imageBytes);
    }

    /// <summary>Reads <c>![alt](address)</c> or <c>![alt](address "title")</c>. Looks ahead only so far that a hostile text costs no more than its length.</summary>
    private static bool TryRead(string text, int at, out int altEnd, out MessagePart address, out int end)
    {
        (altEnd, address, end) = (0, default, 0);
        var close = Ahead(text, at + 2, MaxWords).IndexOfAny(AltEnds);
        if (close < 0 || text[at + 2 + close] != ']') return false;
        altEnd = at + 2 + close + 1;
        if (altEnd >= text.Length || text[altEnd] != '(') return false;
        var start = altEnd + 1;
        var length = AddressLength(text, start);
        end = start + length;
        if (length == 0 || end >= text.Length) return false;
        if (text[end] is ' ' or '\t')
        {
            // A title, which says nothing that the model is shown.
            var title = Ahead(text, end, MaxWords);
            var line = title.IndexOf('\n');
            if (line >= 0) title = title[..line];
            var bracket = title.LastIndexOf("\")", StringComparison.Ordinal);
            if (bracket < 0 || !title.TrimStart().StartsWith("\"", StringComparison.Ordinal)) return false;
            end += bracket + 1;
        }

        if (text[end] != ')') return false;
        end++;
        address = new MessagePart(start, length, true);
        return true;
    }

    /// <summary>How long the image's address is that begins here; 0 where none does.</summary>
    private static int AddressLength(string text, int start)
    {
        var rest = text.AsSpan(start);
        if (rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            var length = Ahead(text, start, MaxAddress).IndexOfAny(AddressEnds);
            return length > "https://".Length ? length : 0;
        }

        foreach (var beginning in DataBeginnings)
        {
            if (!rest.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) continue;
            var length = rest[beginning.Length..].IndexOfAnyExcept(Base64);
            return length > 0 ? beginning.Length + length : 0;
        }

        return 0;
    }

    private static ReadOnlySpan<char> Ahead(string text, int start, int length) => text.AsSpan(start, Math.Min(length, text.Length - start));
}
