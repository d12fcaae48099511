using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Configuration;

namespace Orchestration.Silo.Gateway.Bodies;

/// <summary>
/// How a chat body differs when it is sent on: the model's name, a maximum output where none is stated, the usage of a stream, further messages. All other bytes stay as
/// they came.
/// </summary>
/// <param name="Body">As it came.</param>
/// <param name="MaxOutputTokens">A maximum output to state; null to leave it as it is.</param>
/// <param name="OutputLimit">How the endpoint calls it.</param>
/// <param name="AsksForUsage">True to ask for the usage of a stream.</param>
/// <param name="Message">A user message to add at the end; null for none.</param>
internal sealed record BodyEdits(ChatBody Body, int? MaxOutputTokens, OutputLimitParameter OutputLimit, bool AsksForUsage, string? Message)
{
    /// <summary>Bytes that the edits add, at most, apart from the model's name: for the upper bound of the prompt.</summary>
    public int AddedBytes => 96 + (Message is null ? 0 : Encoding.UTF8.GetByteCount(Message) + 64);

    public void Write(IBufferWriter<byte> buffer, string model)
    {
        var bytes = Body.Bytes.Span;
        Span<(int Start, int End, Edit What)> edits = stackalloc (int, int, Edit)[5];
        var count = 0;
        edits[count++] = (Body.ModelAt.Start, Body.ModelAt.End, Edit.Model);
        if (MaxOutputTokens is not null) edits[count++] = Body.NullMaxAt is { } at ? (at.Start, at.End, Edit.MaxValue) : (Body.Inside, Body.Inside, Edit.MaxProperty);
        if (AsksForUsage && !Body.IncludesUsage)
        {
            edits[count++] = Body.IncludeUsageAt is { } value ? (value.Start, value.End, Edit.True)
                : Body.StreamOptionsAt is { } options ? bytes[options.Start] == (byte)'{' ? (options.Start + 1, options.Start + 1, IsEmpty(bytes, options) ? Edit.UsageAlone : Edit.Usage) : (options.Start, options.End, Edit.Options)
                : (Body.Inside, Body.Inside, Edit.OptionsProperty);
        }

        if (Message is not null) edits[count++] = (Body.MessagesEnd, Body.MessagesEnd, Edit.Message);
        edits = edits[..count];
        edits.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.What.CompareTo(b.What));
        var written = 0;
        foreach (var (start, end, what) in edits)
        {
            buffer.Write(bytes[written..start]);
            Write(buffer, what, model);
            written = end;
        }

        buffer.Write(bytes[written..]);
    }

    private void Write(IBufferWriter<byte> buffer, Edit what, string model)
    {
        switch (what)
        {
            case Edit.Model:
                Quote(buffer, model);
                break;
            case Edit.MaxValue:
                Number(buffer, MaxOutputTokens!.Value);
                break;
            case Edit.MaxProperty:
                buffer.Write(OutputLimit == OutputLimitParameter.MaxTokens ? "\"max_tokens\":"u8 : "\"max_completion_tokens\":"u8);
                Number(buffer, MaxOutputTokens!.Value);
                buffer.Write(","u8);
                break;
            case Edit.True:
                buffer.Write("true"u8);
                break;
            case Edit.Usage:
                buffer.Write("\"include_usage\":true,"u8);
                break;
            case Edit.UsageAlone:
                buffer.Write("\"include_usage\":true"u8);
                break;
            case Edit.Options:
                buffer.Write("{\"include_usage\":true}"u8);
                break;
            case Edit.OptionsProperty:
                buffer.Write("\"stream_options\":{\"include_usage\":true},"u8);
                break;
            case Edit.Message:
                buffer.Write(Body.Messages == 0 ? "{\"role\":\"user\",\"content\":"u8 : ",{\"role\":\"user\",\"content\":"u8);
                Quote(buffer, Message!);
                buffer.Write("}"u8);
                break;
        }
    }

    private static bool IsEmpty(ReadOnlySpan<byte> bytes, Place options) => bytes[(options.Start + 1)..(options.End - 1)].IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private static void Quote(IBufferWriter<byte> buffer, string text)
    {
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStringValue(text);
    }

    private static void Number(IBufferWriter<byte> buffer, int number)
    {
        var span = buffer.GetSpan(16);
        number.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }

    private enum Edit
    {
        MaxProperty,
        OptionsProperty,
        Model,
        MaxValue,
        True,
        Usage,
        UsageAlone,
        Options,
        Message,
    }
}
