using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>
/// The frame around a section of a data block: what it is, the version of its form, its length, a checksum, and the content compressed.
/// </summary>
/// <remarks>
/// Layout, little-endian: section, format version, codec (0 stored, 1 Brotli), 0, length of the content (4 bytes), CRC-32C of everything else
/// (4 bytes), payload. Brotli at its fastest compresses texts faster and smaller than Deflate at its fastest (on word soup: 256 MB/s to 38.5%
/// against 200 MB/s to 51.8%).
/// </remarks>
internal static class BlockFrame
{
    public const byte HeadSection = (byte)'H';
    public const byte TextSection = (byte)'T';

    /// <summary>The form of a head, and of texts without a column of contexts.</summary>
    public const byte FormatVersion = 1;

    /// <summary>The form of texts with a column of contexts.</summary>
    public const byte WithContext = 2;

    private const byte Stored = 0;
    private const byte Brotli = 1;
    private const int HeaderBytes = 12;

    // 256 KB: twice the texts of a usual run of answers to one prompt, and a small table to keep hot.
    private const int BrotliWindowBits = 18;

    public static byte[] Seal(byte section, ReadOnlySpan<byte> content, ByteBuilder scratch, byte version = FormatVersion)
    {
        scratch.Clear();
        var room = scratch.Room(BrotliEncoder.GetMaxCompressedLength(content.Length));
        var isSmaller = BrotliEncoder.TryCompress(content, room, out var length, quality: 0, BrotliWindowBits) && length < content.Length;
        var payload = isSmaller ? room[..length] : content;

        var frame = GC.AllocateUninitializedArray<byte>(HeaderBytes + payload.Length);
        frame[0] = section;
        frame[1] = version;
        frame[2] = isSmaller ? Brotli : Stored;
        frame[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), content.Length);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Checksum(frame));
        return frame;
    }

    /// <exception cref="OrchestrationException">Damaged, or of another version (<see cref="ErrorCodes.Store"/>).</exception>
    public static byte[] Open(byte section, ReadOnlySpan<byte> frame, int shard)
    {
        var name = section == HeadSection ? "head" : "text";
        if (frame.Length < HeaderBytes || frame[0] != section || BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) != Checksum(frame))
            throw Damaged(shard, name, null);
        if (frame[1] != FormatVersion && (section != TextSection || frame[1] != WithContext))
        {
            throw new OrchestrationException(
                ErrorCodes.Store, $"The {name} of data shard {shard} has format {frame[1]}; this build reads format {(section == TextSection ? $"{FormatVersion} and {WithContext}" : $"{FormatVersion}")}. Use the build that wrote it.");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
        var payload = frame[HeaderBytes..];
        if (frame[2] == Stored) return payload.Length == length ? payload.ToArray() : throw Damaged(shard, name, null);
        if (frame[2] != Brotli || length < 0) throw Damaged(shard, name, null);
        var content = GC.AllocateUninitializedArray<byte>(length);
        return BrotliDecoder.TryDecompress(payload, content, out var written) && written == length ? content : throw Damaged(shard, name, null);
    }

    public static OrchestrationException Damaged(int shard, string section, Exception? cause) => new(
        ErrorCodes.Store,
        $"The {section} of data shard {shard} is damaged: its checksum or its lengths do not fit. Delete the sweep and run it again: paid judgments are kept apart and are not bought again.",
        cause);

    /// <summary>CRC-32C of two runs of bytes.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest) => ~Append(Append(uint.MaxValue, head), rest);

    private static uint Checksum(ReadOnlySpan<byte> frame) => Checksum(frame[..8], frame[HeaderBytes..]);

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        if (BitConverter.IsLittleEndian)
        {
            foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
            bytes = bytes[(words.Length * 8)..];
        }

        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
