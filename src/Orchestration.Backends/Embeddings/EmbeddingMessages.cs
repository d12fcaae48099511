using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Embeddings;

/// <summary>Embeddings as read, with what they took where the endpoint says so.</summary>
internal sealed record ReadEmbeddings(float[][] Vectors, string? Model, TokenUsage? Usage) : IMeteredReply
{
    ReplyFacts IMeteredReply.Facts(bool keepText) => new() { Model = Model, Usage = Usage };
}

/// <summary>Writes what <c>/embeddings</c> is asked and reads what it answers.</summary>
internal static class EmbeddingMessages
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IBufferWriter<byte> body, string model, IReadOnlyList<string> texts)
    {
        using var json = new Utf8JsonWriter(body, Options);
        json.WriteStartObject();
        json.WriteString("model"u8, model);
        json.WriteStartArray("input"u8);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteString("encoding_format"u8, "float"u8);
        json.WriteEndObject();
    }

    /// <summary>Reads vectors in the order of the texts; false where one is missing, has no numbers, or another length than the others.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="count">How many there should be.</param>
    /// <param name="read">The vectors.</param>
    /// <param name="problem">Why they cannot be read.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, int count, out ReadEmbeddings? read, out string problem)
    {
        read = null;
        var draft = new Draft(count);
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                problem = "the reply is not a JSON object";
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("data"u8)) draft.ReadList(ref json);
                else if (json.ValueTextEquals("usage"u8)) draft.ReadUsage(ref json);
                else if (json.ValueTextEquals("model"u8)) draft.Model = json.Read() && json.TokenType == JsonTokenType.String ? json.GetString() : null;
                else json.Skip();
            }

            // Nothing may follow; this throws where something does.
            while (json.Read()) { }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            problem = body.IsEmpty ? "an empty reply" : "the reply is cut or not JSON";
            return false;
        }

        problem = draft.Problem ?? "";
        if (draft.Problem is not null) return false;
        read = new ReadEmbeddings(draft.Vectors!, draft.Model, draft.Usage);
        return true;
    }

    private sealed class Draft(int count)
    {
        private readonly float[]?[] _vectors = new float[count][];
        private int _places;

        public string? Model { get; set; }

        public TokenUsage? Usage { get; private set; }

        public float[][]? Vectors => _vectors!;

        /// <summary>What is wrong with what was read; null where nothing is.</summary>
        public string? Problem
        {
            get
            {
                if (_places == 0) return "the reply has no embeddings in 'data'";
                if (_places != count || _vectors.Any(static v => v is null)) return string.Create(CultureInfo.InvariantCulture, $"the reply has {_places} embeddings, not one for each of {count} texts");
                var length = _vectors[0]!.Length;
                if (length == 0 || _vectors.Any(v => v!.Length != length)) return "the reply has embeddings of different lengths, or empty ones";
                return _vectors.All(static v => v!.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0 && v.AsSpan().ContainsAnyExcept(0f)) ? null : "the reply has an embedding of zeros, or with a number that is none";
            }
        }

        public void ReadList(ref Utf8JsonReader json)
        {
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray)
            {
                json.Skip();
                return;
            }

            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                var place = _places++;
                if (json.TokenType != JsonTokenType.StartObject)
                {
                    json.Skip();
                    continue;
                }

                float[]? vector = null;
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.ValueTextEquals("index"u8)) place = json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var stated) ? stated : -1;
                    else if (json.ValueTextEquals("embedding"u8)) vector = ReadVector(ref json);
                    else json.Skip();
                }

                if (place >= 0 && place < count && _vectors[place] is null) _vectors[place] = vector;
            }
        }

        public void ReadUsage(ref Utf8JsonReader json)
        {
            json.Read();
            using var usage = JsonDocument.ParseValue(ref json);
            if (usage.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var name in (ReadOnlySpan<string>)["prompt_tokens", "input_tokens", "total_tokens"])
            {
                if (!usage.RootElement.TryGetProperty(name, out var tokens) || tokens.ValueKind != JsonValueKind.Number || !tokens.TryGetInt64(out var input) || input < 0) continue;
                Usage = new TokenUsage(input, 0, 0, 0);
                return;
            }
        }

        // A list of numbers, or their bytes in base64.
        private static float[]? ReadVector(ref Utf8JsonReader json)
        {
            json.Read();
            if (json.TokenType == JsonTokenType.String) return json.TryGetBytesFromBase64(out var bytes) && bytes.Length % sizeof(float) == 0 ? MemoryMarshal.Cast<byte, float>(bytes).ToArray() : null;
            if (json.TokenType != JsonTokenType.StartArray)
            {
                json.Skip();
                return null;
            }

            var numbers = new List<float>(1536);
            while (json.Read() && json.TokenType != JsonTokenType.EndArray) numbers.Add(json.GetSingle());
            return [.. numbers];
        }
    }
}
