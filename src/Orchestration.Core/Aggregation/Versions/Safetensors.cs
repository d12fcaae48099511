using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Versions;

/// <summary>What a safetensors file holds.</summary>
/// <param name="Metadata">The header's <c>__metadata__</c>, in ordinal order of the keys.</param>
/// <param name="Tensors">The tensors in ordinal order of their names.</param>
public sealed record SafetensorsContent(IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<ModelTensor> Tensors);

/// <summary>
/// The public safetensors format: a header's length (eight bytes, little-endian), the header (JSON: name to dtype, shape and place), then the
/// data. Written here with 64-bit floats, tensors by name, the data aligned to eight bytes: equal content gives equal bytes.
/// </summary>
public static class Safetensors
{
    /// <summary>The longest header that is read, in bytes: a version has hundreds of tensors, not millions.</summary>
    public const int MaxHeaderBytes = 16 << 20;

    private const int LengthBytes = 8;
    private const int ElementBytes = 8;
    private const string MetadataKey = "__metadata__";
    private const string DType = "F64";

    /// <summary>Writes a file.</summary>
    /// <exception cref="ArgumentException">A name stands twice or is reserved, or a shape does not fit its values.</exception>
    public static byte[] Write(SafetensorsContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var tensors = content.Tensors.OrderBy(static t => t.Name, StringComparer.Ordinal).ToArray();
        var header = Header(content.Metadata, tensors);
        var bytes = new byte[LengthBytes + header.Length + tensors.Sum(static t => (long)t.Values.Length) * ElementBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, LengthBytes);
        var at = LengthBytes + header.Length;
        foreach (var tensor in tensors)
        {
            foreach (var value in tensor.Values)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(at), value);
                at += ElementBytes;
            }
        }

        return bytes;
    }

    /// <summary>Reads a file, believing nothing it says before it has been checked against the bytes that are there.</summary>
    /// <param name="place">The file, for messages.</param>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="OrchestrationException">Cut off, damaged, or not as this reader needs it (<see cref="ErrorCodes.Input"/>).</exception>
    public static SafetensorsContent Read(string place, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LengthBytes + 2)
            throw Fault(place, FormattableString.Invariant($"has {bytes.Length} bytes and is no safetensors file"), "Export the version again.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > MaxHeaderBytes)
            throw Fault(place, FormattableString.Invariant($"states a header of {length} bytes at byte 0, more than the {MaxHeaderBytes} that are read"), "It is damaged or no safetensors file: export the version again.");
        if (length > (ulong)(bytes.Length - LengthBytes))
            throw Fault(place, FormattableString.Invariant($"breaks off: its header should have {length} bytes and only {bytes.Length - LengthBytes} follow"), "Copy or export it again.");
        var header = bytes.Slice(LengthBytes, (int)length);
        if (header.IsEmpty || header[0] != (byte)'{') throw Fault(place, "has a header that does not begin with '{' at byte 8", "It is no safetensors file: export the version again.");

        var entries = new List<Entry>();
        var metadata = new List<KeyValuePair<string, string>>();
        try
        {
            ReadHeader(place, header, entries, metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Fault(place, $"has a header that is not well-formed JSON ({e.Message.Split('.')[0]})", "It is damaged: copy or export it again.");
        }

        var data = bytes[(LengthBytes + (int)length)..];
        CheckPlaces(place, entries, data.Length);
        var tensors = new ModelTensor[entries.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var entry = entries[i];
            var values = new double[(entry.End - entry.Begin) / ElementBytes];
            for (var v = 0; v < values.Length; v++) values[v] = BinaryPrimitives.ReadDoubleLittleEndian(data[((int)entry.Begin + v * ElementBytes)..]);
            tensors[i] = new ModelTensor(entry.Name, entry.Shape, values);
        }

        return new SafetensorsContent(
            [.. metadata.OrderBy(static m => m.Key, StringComparer.Ordinal)], [.. tensors.OrderBy(static t => t.Name, StringComparer.Ordinal)]);
    }

    private sealed record Entry(string Name, int[] Shape, long Begin, long End);

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, string>> metadata, ModelTensor[] tensors)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            if (metadata.Count != 0)
            {
                writer.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long offset = 0;
            string? last = null;
            foreach (var tensor in tensors)
            {
                if (tensor.Name == last || tensor.Name is "" or MetadataKey) throw new ArgumentException($"A tensor cannot be called '{tensor.Name}', or stands twice.", nameof(tensors));
                if (tensor.Shape.Aggregate(1L, static (product, size) => product * size) != tensor.Values.Length)
                    throw new ArgumentException($"Tensor '{tensor.Name}' has {tensor.Values.Length} values, which is not its shape.", nameof(tensors));
                last = tensor.Name;
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", DType);
                writer.WriteStartArray("shape");
                foreach (var size in tensor.Shape) writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += (long)tensor.Values.Length * ElementBytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while (stream.Length % ElementBytes != 0) stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static void ReadHeader(string place, ReadOnlySpan<byte> header, List<Entry> entries, List<KeyValuePair<string, string>> metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name)) throw Fault(place, $"names the tensor '{Shown(name)}' twice", "It was not written by a safetensors writer: export the version again.");
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Fault(place, $"has a header entry '{Shown(name)}' that is no object", "Export the version again.");
            if (name == MetadataKey) ReadMetadata(place, ref reader, metadata);
            else entries.Add(ReadEntry(place, name, ref reader));
        }

        // Spaces may follow for alignment, nothing else.
        while (reader.Read())
        {
        }
    }

    private static void ReadMetadata(string place, ref Utf8JsonReader reader, List<KeyValuePair<string, string>> metadata)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || metadata.Exists(m => m.Key == key))
                throw Fault(place, $"has metadata '{Shown(key)}' that is no text or stands twice", "Export the version again.");
            metadata.Add(new(key, reader.GetString()!));
        }
    }

    private static Entry ReadEntry(string place, string name, ref Utf8JsonReader reader)
    {
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "dtype" when reader.TokenType == JsonTokenType.String: dtype = reader.GetString(); break;
                case "shape" when reader.TokenType == JsonTokenType.StartArray: shape = ReadSizes(place, name, ref reader); break;
                case "data_offsets" when reader.TokenType == JsonTokenType.StartArray: offsets = ReadSizes(place, name, ref reader); break;
                default: throw Fault(place, $"describes tensor '{Shown(name)}' with an unexpected '{Shown(key ?? "")}'", "Export the version again.");
            }
        }

        if (dtype is null || shape is null || offsets is not { Count: 2 }) throw Fault(place, $"describes tensor '{Shown(name)}' without its dtype, shape or data_offsets", "Export the version again.");
        if (dtype != DType) throw Fault(place, $"holds tensor '{Shown(name)}' as {Shown(dtype)}; weights are {DType}", "Convert it to 64-bit floats before it is saved.");

        // Sizes up to 2^31 each, multiplied step by step: the product cannot overflow unnoticed.
        long elements = 1;
        foreach (var size in shape)
        {
            elements *= size;
            if (elements > int.MaxValue) throw Fault(place, $"states a shape for tensor '{Shown(name)}' that no file holds", "Export the version again.");
        }

        if (offsets[0] > offsets[1] || offsets[1] - offsets[0] != elements * ElementBytes)
            throw Fault(place, FormattableString.Invariant($"places tensor '{Shown(name)}' at bytes {offsets[0]} to {offsets[1]}, which is not its shape of {elements} numbers"), "Export the version again.");
        return new Entry(name, [.. shape.Select(static s => (int)s)], offsets[0], offsets[1]);
    }

    private static List<long> ReadSizes(string place, string name, ref Utf8JsonReader reader)
    {
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || size is < 0 or > int.MaxValue || sizes.Count == 8)
                throw Fault(place, $"gives tensor '{Shown(name)}' sizes that are no small whole numbers", "Export the version again.");
            sizes.Add(size);
        }

        return sizes;
    }

    /// <summary>Tensors lie one behind the other: none overlaps another, none lies past the end, and no byte is hidden between them.</summary>
    private static void CheckPlaces(string place, List<Entry> entries, int dataBytes)
    {
        long at = 0;
        foreach (var entry in entries.OrderBy(static e => e.Begin).ThenBy(static e => e.End))
        {
            if (entry.Begin != at)
            {
                throw Fault(
                    place,
                    FormattableString.Invariant($"places tensor '{Shown(entry.Name)}' at byte {entry.Begin} of the data, where byte {at} comes next: tensors {(entry.Begin < at ? "overlap" : "leave a gap")}"),
                    "It is damaged or made by hand: export the version again.");
            }

            at = entry.End;
            if (at > dataBytes) throw Fault(place, FormattableString.Invariant($"breaks off: tensor '{Shown(entry.Name)}' should end at byte {at} of the data, which has {dataBytes}"), "Copy or export it again.");
        }

        if (at != dataBytes) throw Fault(place, FormattableString.Invariant($"has {dataBytes - at} bytes behind its last tensor"), "It is damaged: copy or export it again.");
    }

    // A hostile name may be megabytes long or hold control characters.
    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 60))) shown.Append(char.IsControl(c) ? '?' : c);
        return shown.ToString();
    }

    private static OrchestrationException Fault(string place, string what, string cure) =>
        new(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"{place} {what}. {cure}"));
}
