// MSBuild task, compiled by RoslynCodeTaskFactory (see Directory.Build.targets); not part of the library.
//
// TorchSharp's libLibTorchSharp.so is linked against GCC 13.2 and asks for symbol version GLIBCXX_3.4.32, which the
// libstdc++ of Debian 12, Ubuntu 22.04 and RHEL 9 does not define. The only symbol behind that version,
// _ZSt21ios_base_library_initv, is not the target of any relocation. Marking the version requirement as weak
// (VER_FLG_WEAK in the ELF section .gnu.version_r) lets the loader accept the library.
// The copy in the build output is changed, never the package cache; a system that has the version is left alone.
using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

public class WeakenSymbolVersions : Task
{
    private const ushort VerFlgWeak = 2;
    private const uint ShtGnuVerneed = 0x6ffffffe;

    /// <summary>The ELF64 little-endian library to change.</summary>
    [Required]
    public string Library { get; set; }

    /// <summary>The symbol versions that may be missing, e.g. GLIBCXX_3.4.32.</summary>
    [Required]
    public string[] Versions { get; set; }

    public override bool Execute()
    {
        var provider = FindLibStdCpp();
        byte[] available = provider == null ? new byte[0] : File.ReadAllBytes(provider);
        string[] missing = Versions.Where(v => IndexOf(available, Encoding.ASCII.GetBytes(v + "\0")) < 0).ToArray();
        if (missing.Length == 0)
        {
            return true;
        }

        try
        {
            byte[] image = File.ReadAllBytes(Library);
            int changed = Weaken(image, missing);
            if (changed > 0)
            {
                // Same time stamp and size as before: the next build's incremental copy leaves the file alone.
                // A new file, moved over the old one: a hard link into the package cache is not written through.
                DateTime time = File.GetLastWriteTimeUtc(Library);
                string temporary = Library + ".tmp";
                File.WriteAllBytes(temporary, image);
                File.SetLastWriteTimeUtc(temporary, time);
                File.Delete(Library);
                File.Move(temporary, Library);
                Log.LogMessage(MessageImportance.High, "  TorchSharp: made {0} optional in {1} (the libstdc++ here lacks it)", string.Join(", ", missing), Path.GetFileName(Library));
            }

            return true;
        }
        catch (InvalidDataException e)
        {
            Log.LogError("{0}: {1}. TorchSharp needs a libstdc++ with {2} here: install GCC 13's libstdc++6 or newer.", Library, e.Message, string.Join(", ", missing));
            return false;
        }
    }

    private static string FindLibStdCpp()
    {
        string[] folders =
        {
            "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
            "/lib64", "/usr/lib64", "/lib", "/usr/lib",
        };
        string search = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "";
        return search.Split(new[] { ':' }, StringSplitOptions.RemoveEmptyEntries).Concat(folders)
            .Select(f => Path.Combine(f, "libstdc++.so.6")).FirstOrDefault(File.Exists);
    }

    // Sets VER_FLG_WEAK in every vernaux record of .gnu.version_r that names one of the versions.
    private static int Weaken(byte[] image, string[] versions)
    {
        if (image.Length < 64 || BitConverter.ToUInt32(image, 0) != 0x464c457f || image[4] != 2 || image[5] != 1)
        {
            throw new InvalidDataException("not an ELF64 little-endian file");
        }

        long sections = (long)BitConverter.ToUInt64(image, 0x28);
        int entrySize = BitConverter.ToUInt16(image, 0x3a), count = BitConverter.ToUInt16(image, 0x3c);
        int changed = 0;
        for (int i = 0; i < count; i++)
        {
            int header = checked((int)(sections + (long)i * entrySize));
            if (BitConverter.ToUInt32(image, header + 4) != ShtGnuVerneed)
            {
                continue;
            }

            int link = BitConverter.ToInt32(image, header + 0x28);
            int strings = (int)BitConverter.ToUInt64(image, checked((int)(sections + (long)link * entrySize)) + 0x18);
            int need = (int)BitConverter.ToUInt64(image, header + 0x18);
            for (int step = -1; step != 0; need += step)
            {
                int aux = need + BitConverter.ToInt32(image, need + 8);
                for (int left = BitConverter.ToUInt16(image, need + 2); left > 0; left--)
                {
                    int name = strings + BitConverter.ToInt32(image, aux + 8);
                    string version = Encoding.ASCII.GetString(image, name, Array.IndexOf(image, (byte)0, name) - name);
                    if (versions.Contains(version) && (image[aux + 4] & VerFlgWeak) == 0)
                    {
                        image[aux + 4] |= (byte)VerFlgWeak;
                        changed++;
                    }

                    aux += BitConverter.ToInt32(image, aux + 12);
                }

                step = BitConverter.ToInt32(image, need + 12);
            }
        }

        return changed;
    }

    private static int IndexOf(byte[] text, byte[] pattern)
    {
        for (int i = 0; i + pattern.Length <= text.Length; i++)
        {
            int j = 0;
            while (j < pattern.Length && text[i + j] == pattern[j])
            {
                j++;
            }

            if (j == pattern.Length)
            {
                return i;
            }
        }

        return -1;
    }
}
