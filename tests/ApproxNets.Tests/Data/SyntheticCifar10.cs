using ApproxNets.Data;

namespace ApproxNets.Tests.Data;

/// <summary>Writes small files in CIFAR-10's layout: the label of record i of file f is (f + i) % 10, pixel p is (f * 31 + i * 7 + p) % 256.</summary>
internal static class SyntheticCifar10
{
    public const int Records = 4;

    public static readonly string[] Files = [.. Cifar10.TrainingFiles, Cifar10.TestFile];

    public static void Write(string folder, int records = Records)
    {
        Directory.CreateDirectory(folder);
        for (int f = 0; f < Files.Length; f++)
        {
            File.WriteAllBytes(Path.Combine(folder, Files[f]), FileBytes(f, records));
        }

        File.WriteAllText(Path.Combine(folder, Cifar10.MetaFile), "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    }

    public static byte Pixel(int file, int record, int pixel) => (byte)((file * 31) + (record * 7) + pixel);

    public static byte[] FileBytes(int file, int records)
    {
        var bytes = new byte[records * Cifar10.RecordLength];
        for (int i = 0; i < records; i++)
        {
            bytes[i * Cifar10.RecordLength] = (byte)((file + i) % 10);
            for (int p = 0; p < Cifar10.RecordLength - 1; p++)
            {
                bytes[(i * Cifar10.RecordLength) + 1 + p] = Pixel(file, i, p);
            }
        }

        return bytes;
    }
}
