using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Orchestration.Simulation.Replies;

/// <summary>Embeddings by rule: each word of a text adds ±1 to one place, which a hash of model and word decides, and the vector is brought to length 1. Texts that share words lie near one another.</summary>
internal static class EmbeddingScript
{
    public static void Write(IBufferWriter<byte> output, EmbeddingCall call, int dimensions, ScriptedFault fault)
    {
        // A vector that was cut: the wrong model, as it looks from outside.
        if (fault == ScriptedFault.LengthCut) dimensions = Math.Max(1, dimensions / 2);
        using var json = new Utf8JsonWriter(output, CompletionWriter.Options);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < call.Inputs.Count && fault != ScriptedFault.NoChoices; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            var vector = Embed(call.Model, call.Inputs[i], dimensions);
            if (call.IsBase64)
            {
                json.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes<float>(vector));
            }
            else
            {
                json.WriteStartArray("embedding"u8);
                foreach (var value in vector) json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, call.Model);
        if (fault != ScriptedFault.NoUsage)
        {
            json.WriteStartObject("usage"u8);
            json.WriteNumber("prompt_tokens"u8, call.Tokens);
            json.WriteNumber("total_tokens"u8, call.Tokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>The vector of a text.</summary>
    public static float[] Embed(string model, string text, int dimensions)
    {
        var vector = new float[dimensions];
        var seed = ContentHash.Of(Encoding.UTF8.GetBytes(model));
        foreach (var word in text.Split([' ', '\n', '\t', '.', ',', '?', '!', ':', ';', '(', ')', '"', '\''], StringSplitOptions.RemoveEmptyEntries))
        {
            var hash = ContentHash.Of(Encoding.UTF8.GetBytes(word.ToLowerInvariant()), seed);
            vector[(int)((hash >> 1) % (ulong)dimensions)] += (hash & 1) == 0 ? 1 : -1;
        }

        var squares = vector.Sum(static v => (double)v * v);
        if (squares == 0)
        {
            vector[0] = 1;
            return vector;
        }

        for (var d = 0; d < vector.Length; d++) vector[d] = (float)(vector[d] / Math.Sqrt(squares));
        return vector;
    }
}
