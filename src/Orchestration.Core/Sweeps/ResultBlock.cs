using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Evaluation;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// The evaluations of one shard as one immutable compressed block: the judgments of every column and the aggregated score.
/// Doubles are kept bit for bit; they are laid out by byte planes, because the high bytes of scores on one scale hardly differ.
/// </summary>
public sealed class ResultBlock
{
    private const byte FormatVersion = 1;

    /// <summary>Written only where there are intervals or versions, so that blocks without are those of older builds, byte for byte.</summary>
    private const byte ExtendedVersion = 2;

    private const byte WithIntervals = 1;
    private const byte WithVersions = 2;
    private const int DigestBytes = 8;
    private const int HeaderBytes = 1 + DigestBytes;
    private const byte AllScored = 0;
    private const byte WithCodes = 1;

    private ResultBlock(JudgmentTable table, SweepScores scores)
    {
        Table = table;
        Aggregates = scores;
    }

    /// <summary>The judgments.</summary>
    public JudgmentTable Table { get; }

    /// <summary>One aggregated score per row (the mean: 0–1); NaN where there is none. Empty for comparisons.</summary>
    public IReadOnlyList<double> Scores => Aggregates.Scores;

    /// <summary>Scores with intervals and versions, where there are some.</summary>
    public SweepScores Aggregates { get; }

    /// <summary>The judgments of a block with other scores.</summary>
    public ResultBlock With(SweepScores scores) => new(Table, scores);

    /// <summary>Encodes a shard's evaluations. Every cell of the table must be set.</summary>
    /// <param name="table">The judgments.</param>
    /// <param name="scores">One aggregated score per row, NaN for none; or none at all for comparisons.</param>
    public static byte[] Encode(JudgmentTable table, ReadOnlySpan<double> scores) => Encode(table, new SweepScores(scores.ToArray()));

    /// <summary>Encodes a shard's evaluations with intervals and versions, where there are some. Every cell of the table must be set.</summary>
    public static byte[] Encode(JudgmentTable table, SweepScores aggregates)
    {
        var scores = aggregates.Scores.AsSpan();
        var flags = (byte)((aggregates.Lower.Length != 0 ? WithIntervals : 0) | (aggregates.Versions.Count != 0 ? WithVersions : 0));
        if (scores.Length != 0 && scores.Length != table.Rows)
            throw new ArgumentException($"Expected {table.Rows} scores or none, got {scores.Length}.", nameof(aggregates));

        using var output = new MemoryStream();
        output.WriteByte(flags == 0 ? FormatVersion : ExtendedVersion);
        output.Write(stackalloc byte[DigestBytes]);
        using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new BinaryWriter(deflate, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write7BitEncodedInt(table.Rows);
            writer.Write7BitEncodedInt(table.Columns);
            writer.Write(scores.Length != 0);
            var reasons = table.Reasons;
            writer.Write7BitEncodedInt(reasons.Count);
            foreach (var reason in reasons) writer.Write(reason);

            var planes = new byte[table.Rows * 8];
            for (var column = 0; column < table.Columns; column++)
            {
                var codes = table.ColumnCodes(column);
                if (codes.Contains((ushort)0))
                    throw new ArgumentException($"Column {column} has cells that were never judged: a block holds finished shards only.", nameof(table));
                if (codes.ContainsAnyExcept((ushort)1))
                {
                    writer.Write(WithCodes);
                    foreach (var code in codes) writer.Write7BitEncodedInt(code);
                }
                else
                {
                    writer.Write(AllScored);
                }

                WritePlanes(writer, table.ColumnValues(column), planes);
            }

            if (scores.Length != 0) WritePlanes(writer, scores, planes);
            if (flags != 0) WriteExtension(writer, flags, aggregates, planes);
        }

        var block = output.ToArray();
        Digest(block, block.AsSpan(1, DigestBytes));
        return block;
    }

    /// <summary>Decodes a block.</summary>
    /// <exception cref="OrchestrationException">The block is damaged or of a newer version (<see cref="ErrorCodes.Store"/>).</exception>
    public static ResultBlock Decode(byte[] block)
    {
        if (block.Length == 0 || block[0] is not (FormatVersion or ExtendedVersion))
            throw new OrchestrationException(ErrorCodes.Store, $"A result block has format {(block.Length == 0 ? "none" : block[0])}; this build reads formats {FormatVersion} and {ExtendedVersion}. Use the build that wrote it.");
        Span<byte> digest = stackalloc byte[DigestBytes];
        if (block.Length > HeaderBytes) Digest(block, digest);
        if (block.Length <= HeaderBytes || !digest.SequenceEqual(block.AsSpan(1, DigestBytes))) throw Damaged(null);
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(block, HeaderBytes, block.Length - HeaderBytes, writable: false), CompressionMode.Decompress);
            using var buffered = new BufferedStream(deflate, 64 * 1024);
            using var reader = new BinaryReader(buffered, Encoding.UTF8);
            return Read(reader, block[0] == ExtendedVersion);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw Damaged(e);
        }
    }

    private static OrchestrationException Damaged(Exception? cause) =>
        new(ErrorCodes.Store, "A result block is damaged. Run the sweep again: paid judgments are kept apart and are not bought again.", cause);

    // A cut or flipped byte can still be a valid deflate stream; scores that nobody gave must never come out of it.
    private static void Digest(ReadOnlySpan<byte> block, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(block[HeaderBytes..], hash);
        hash[..DigestBytes].CopyTo(destination);
    }

    private static ResultBlock Read(BinaryReader reader, bool isExtended)
    {
        var rows = reader.Read7BitEncodedInt();
        var columns = reader.Read7BitEncodedInt();
        var hasScores = reader.ReadBoolean();
        var reasons = new string[reader.Read7BitEncodedInt()];
        for (var i = 0; i < reasons.Length; i++) reasons[i] = reader.ReadString();

        var table = new JudgmentTable(rows, columns);
        var planes = new byte[rows * 8];
        var values = new double[rows];
        var codes = new ushort[rows];
        for (var column = 0; column < columns; column++)
        {
            if (reader.ReadByte() == WithCodes)
            {
                for (var r = 0; r < rows; r++) codes[r] = checked((ushort)reader.Read7BitEncodedInt());
            }
            else
            {
                Array.Fill(codes, (ushort)1);
            }

            ReadPlanes(reader, values, planes);
            table.SetColumn(column, values, codes, reasons);
        }

        if (!hasScores) return new ResultBlock(table, new SweepScores([]));
        var scores = new double[rows];
        ReadPlanes(reader, scores, planes);
        return new ResultBlock(table, isExtended ? ReadExtension(reader, scores, planes) : new SweepScores(scores));
    }

    private static void WriteExtension(BinaryWriter writer, byte flags, SweepScores aggregates, byte[] planes)
    {
        writer.Write(flags);
        if ((flags & WithIntervals) != 0)
        {
            WritePlanes(writer, aggregates.Lower, planes);
            WritePlanes(writer, aggregates.Upper, planes);
        }

        if ((flags & WithVersions) == 0) return;
        writer.Write7BitEncodedInt(aggregates.Versions.Count);
        foreach (var version in aggregates.Versions) writer.Write(version);
        writer.Write(aggregates.VersionOf.Length != 0);
        writer.Write(aggregates.VersionOf);
    }

    private static SweepScores ReadExtension(BinaryReader reader, double[] scores, byte[] planes)
    {
        var flags = reader.ReadByte();
        double[] lower = [], upper = [];
        if ((flags & WithIntervals) != 0)
        {
            (lower, upper) = (new double[scores.Length], new double[scores.Length]);
            ReadPlanes(reader, lower, planes);
            ReadPlanes(reader, upper, planes);
        }

        string[] versions = [];
        byte[] versionOf = [];
        if ((flags & WithVersions) != 0)
        {
            versions = new string[reader.Read7BitEncodedInt()];
            for (var i = 0; i < versions.Length; i++) versions[i] = reader.ReadString();
            if (reader.ReadBoolean()) versionOf = reader.ReadBytes(scores.Length);
        }

        return new SweepScores(scores, lower, upper, versions, versionOf);
    }

    private static void WritePlanes(BinaryWriter writer, ReadOnlySpan<double> values, byte[] planes)
    {
        var rows = values.Length;
        Span<byte> bytes = stackalloc byte[8];
        for (var r = 0; r < rows; r++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, values[r]);
            for (var plane = 0; plane < 8; plane++) planes[plane * rows + r] = bytes[plane];
        }

        writer.Write(planes, 0, rows * 8);
    }

    private static void ReadPlanes(BinaryReader reader, Span<double> values, byte[] planes)
    {
        var rows = values.Length;
        reader.BaseStream.ReadExactly(planes, 0, rows * 8);
        Span<byte> bytes = stackalloc byte[8];
        for (var r = 0; r < rows; r++)
        {
            for (var plane = 0; plane < 8; plane++) bytes[plane] = planes[plane * rows + r];
            values[r] = BinaryPrimitives.ReadDoubleLittleEndian(bytes);
        }
    }
}
