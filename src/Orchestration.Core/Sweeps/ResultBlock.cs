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
    private const int DigestBytes = 8;
    private const int HeaderBytes = 1 + DigestBytes;
    private const byte AllScored = 0;
    private const byte WithCodes = 1;

    private ResultBlock(JudgmentTable table, double[] scores)
    {
        Table = table;
        Scores = scores;
    }

    /// <summary>The judgments.</summary>
    public JudgmentTable Table { get; }

    /// <summary>One aggregated score per row, 0–1; NaN where there is none. Empty for comparisons.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>Encodes a shard's evaluations. Every cell of the table must be set.</summary>
    /// <param name="table">The judgments.</param>
    /// <param name="scores">One aggregated score per row, NaN for none; or none at all for comparisons.</param>
    public static byte[] Encode(JudgmentTable table, ReadOnlySpan<double> scores)
    {
        if (scores.Length != 0 && scores.Length != table.Rows)
            throw new ArgumentException($"Expected {table.Rows} scores or none, got {scores.Length}.", nameof(scores));

        using var output = new MemoryStream();
        output.WriteByte(FormatVersion);
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
        }

        var block = output.ToArray();
        Digest(block, block.AsSpan(1, DigestBytes));
        return block;
    }

    /// <summary>Decodes a block.</summary>
    /// <exception cref="OrchestrationException">The block is damaged or of a newer version (<see cref="ErrorCodes.Store"/>).</exception>
    public static ResultBlock Decode(byte[] block)
    {
        if (block.Length == 0 || block[0] != FormatVersion)
            throw new OrchestrationException(ErrorCodes.Store, $"A result block has format {(block.Length == 0 ? "none" : block[0])}; this build reads format {FormatVersion}. Use the build that wrote it.");
        Span<byte> digest = stackalloc byte[DigestBytes];
        if (block.Length > HeaderBytes) Digest(block, digest);
        if (block.Length <= HeaderBytes || !digest.SequenceEqual(block.AsSpan(1, DigestBytes))) throw Damaged(null);
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(block, HeaderBytes, block.Length - HeaderBytes, writable: false), CompressionMode.Decompress);
            using var buffered = new BufferedStream(deflate, 64 * 1024);
            using var reader = new BinaryReader(buffered, Encoding.UTF8);
            return Read(reader);
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

    private static ResultBlock Read(BinaryReader reader)
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

        if (!hasScores) return new ResultBlock(table, []);
        var scores = new double[rows];
        ReadPlanes(reader, scores, planes);
        return new ResultBlock(table, scores);
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
