using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Orchestration.Core;
using Orchestration.Core.Routing;

namespace Orchestration.Storage.Formats;

/// <summary>
/// Routes of one commit as bytes: the keys (the first eight bytes of each id, to be looked through for one route), and a body of the texts that they share and then each route behind its length.
/// Probabilities and money are exact; what a policy predicted is kept in single precision.
/// </summary>
internal static class RouteBlock
{
    private const byte Format = 1;

    /// <summary>Writes routes, each with an outcome. The body is rented: return it when nobody reads it any more.</summary>
    public static (byte[] Keys, ByteWriter Body) Write(IReadOnlyList<RouteRecord> routes)
    {
        var keys = new byte[routes.Count * 8];
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        var shared = new List<string>();
        var rows = new ByteWriter();
        var row = new ByteWriter();
        for (var i = 0; i < routes.Count; i++)
        {
            row.Clear();
            var id = Id(routes[i].Decision.Id);
            BinaryPrimitives.WriteUInt64LittleEndian(keys.AsSpan(i * 8), Key(id));
            row.Hash(id);
            new RouteRowWriter(row, Shared).Write(routes[i]);
            rows.Count(row.Length);
            rows.Bytes(row.Written);
        }

        var body = new ByteWriter();
        body.Byte(Format);
        body.Count(shared.Count);
        foreach (var text in shared) body.Text(text);
        body.Count(routes.Count);
        body.Bytes(rows.Written);
        rows.Return();
        row.Return();
        return (keys, body);

        int Shared(string text)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(texts, text, out var known);
            if (!known)
            {
                place = shared.Count;
                shared.Add(text);
            }

            return place;
        }
    }

    /// <summary>The first place of a route's key in a block's keys; −1 where it is not there.</summary>
    public static int Find(ReadOnlySpan<byte> keys, Hash128 id) => MemoryMarshal.Cast<byte, ulong>(keys).IndexOf(Key(id));

    /// <summary>All routes that are left.</summary>
    public static List<RouteRecord> Read(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        var texts = Texts(ref reader);
        var count = reader.Int();
        var routes = new List<RouteRecord>(count);
        for (var i = 0; i < count; i++)
        {
            routes.Add(Row(reader.Bytes(reader.Int()), texts));
        }

        return routes;
    }

    /// <summary>One route; null where the place holds another, or none any more.</summary>
    public static RouteRecord? Read(ReadOnlySpan<byte> body, int place, Hash128 id)
    {
        var reader = new ByteReader(body);
        var texts = Texts(ref reader);
        if (place >= reader.Int()) return null;
        for (var i = 0; i < place; i++) reader.Skip(reader.Int());
        var row = reader.Bytes(reader.Int());
        return new ByteReader(row).Hash() != id ? null : Row(row, texts);
    }

    /// <summary>The block without one route, and without the texts that only it had.</summary>
    public static (byte[] Keys, ByteWriter Body) Without(ReadOnlySpan<byte> body, Hash128 id)
    {
        var kept = Read(body);
        kept.RemoveAll(r => Id(r.Decision.Id) == id);
        return Write(kept);
    }

    /// <summary>A route's key as it stands among the keys.</summary>
    public static byte[] KeyBytes(Hash128 id)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Key(id));
        return bytes;
    }

    public static Hash128 Id(string routeId) => RouteId.TryParse(routeId, out var id) ? id : throw new ArgumentException($"'{routeId}' is no route's id.", nameof(routeId));

    private static ulong Key(Hash128 id) => id.High;

    private static RouteRecord Row(ReadOnlySpan<byte> row, string[] texts)
    {
        var reader = new ByteReader(row);
        var id = reader.Hash();
        return RouteRowReader.Read(ref reader, RouteId.Format(id), texts);
    }

    private static string[] Texts(ref ByteReader reader)
    {
        var format = reader.Byte();
        if (format != Format) throw new InvalidDataException($"Stored routes are of format {format}, which this program does not know.");
        var texts = new string[reader.Int()];
        for (var i = 0; i < texts.Length; i++) texts[i] = reader.Text();
        return texts;
    }
}
