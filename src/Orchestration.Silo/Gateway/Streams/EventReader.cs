using System.Buffers;
using System.Text;
using System.Text.Json;
using Orchestration.Silo.Gateway.Bodies;

namespace Orchestration.Silo.Gateway.Streams;

/// <summary>What an event of a completion's stream is.</summary>
internal enum EventKind
{
    /// <summary>A part of the answer.</summary>
    Part,

    /// <summary>An object without choices, such as what a filter said of the prompt: passed on, and no answer yet.</summary>
    Preamble,

    /// <summary>The usage alone.</summary>
    Usage,

    /// <summary>An error in place of the rest.</summary>
    Error,

    /// <summary><c>[DONE]</c>.</summary>
    Done,

    /// <summary>Data that is no JSON.</summary>
    Garbage,

    /// <summary>No data: a comment, a keep-alive.</summary>
    Empty,
}

/// <summary>Reads a stream of server-sent events, one after another, as the bytes that they came in. Not safe for concurrent use.</summary>
internal sealed class EventReader(Stream stream, bool keepsText) : IDisposable
{
    /// <summary>A larger event is no completion's.</summary>
    private const int LargestEvent = 16 * 1024 * 1024;

    private readonly StringBuilder? _text = keepsText ? new StringBuilder() : null;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(8192);
    private int _start;
    private int _end;
    private int _searched;

    /// <summary>The event that was read last, its blank line included; good until the next is read.</summary>
    public ReadOnlyMemory<byte> Event { get; private set; }

    public EventKind Kind { get; private set; }

    /// <summary>The text of the first choice so far; empty where it is not kept.</summary>
    public string Text => _text?.ToString() ?? "";

    /// <summary>Bytes that came and belong to no whole event.</summary>
    public ReadOnlyMemory<byte> Rest => _buffer.AsMemory(_start, _end - _start);

    /// <summary>True where a whole event is there already: reading it does not wait.</summary>
    public bool HasMore => FindEnd(out _);

    /// <summary>Reads the next event; false at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke, or an event has no end.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        int end;
        while (!FindEnd(out end))
        {
            if (_end - _start > LargestEvent) throw new IOException("An event of the stream has no end.");
            Reserve();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0) return false;
            _end += read;
        }

        Event = _buffer.AsMemory(_start, end - _start);
        _start = _searched = end;
        Kind = Classify(Event.Span);
        return true;
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end, Event) = ([], 0, 0, default);
    }

    private bool FindEnd(out int end)
    {
        // A blank line: two line ends in a row, of either kind.
        var bytes = _buffer.AsSpan(0, _end);
        for (var at = Math.Max(_start, _searched - 3); at < _end; at++)
        {
            var next = bytes[at..].IndexOf((byte)'\n');
            if (next < 0) break;
            at += next;
            if (at + 1 < _end && bytes[at + 1] == '\n')
            {
                end = at + 2;
                return true;
            }

            if (at + 2 < _end && bytes[at + 1] == '\r' && bytes[at + 2] == '\n')
            {
                end = at + 3;
                return true;
            }
        }

        _searched = _end;
        end = 0;
        return false;
    }

    private void Reserve()
    {
        if (_end < _buffer.Length) return;
        if (_start > 0)
        {
            // The event that was handed out is read by now.
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _searched, _start) = (_end - _start, Math.Max(0, _searched - _start), 0);
            if (_end < _buffer.Length) return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private EventKind Classify(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var line = text.IndexOf((byte)'\n') is var end and >= 0 ? text[..end] : text;
            text = text[Math.Min(text.Length, line.Length + 1)..];
            if (!line.StartsWith("data:"u8)) continue;
            var data = line[5..].TrimStart((byte)' ').TrimEnd((byte)'\r');
            return data.SequenceEqual("[DONE]"u8) ? EventKind.Done : Read(data);
        }

        return EventKind.Empty;
    }

    private EventKind Read(ReadOnlySpan<byte> data)
    {
        try
        {
            var json = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = 128 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return EventKind.Garbage;
            bool hasChoices = false, hasUsage = false, isError = false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isChoices = json.ValueTextEquals("choices"u8);
                var isUsage = json.ValueTextEquals("usage"u8);
                var error = json.ValueTextEquals("error"u8);
                json.Read();
                if (isUsage) hasUsage |= json.TokenType == JsonTokenType.StartObject;
                if (error) isError |= json.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                if (!isChoices || json.TokenType != JsonTokenType.StartArray)
                {
                    json.Skip();
                    continue;
                }

                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    if (!hasChoices && _text is not null && json.TokenType == JsonTokenType.StartObject) _text.Append(CompletionBody.Choice(ref json, "delta"u8, wantsText: true));
                    else json.Skip();
                    hasChoices = true;
                }
            }

            return isError ? EventKind.Error : hasChoices ? EventKind.Part : hasUsage ? EventKind.Usage : EventKind.Preamble;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return EventKind.Garbage;
        }
    }
}
